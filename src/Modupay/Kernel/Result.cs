namespace Modupay.Kernel;

/// <summary>An answer, or the reason there is none. A refusal is something the caller can act on; what nobody can act on is an exception.</summary>
internal readonly struct Result<T>
{
    private readonly T? _value;

    private Result(T? value, Problem? problem) => (_value, Problem) = (value, problem);

    public Problem? Problem { get; }

    public T Value => Problem is null ? _value! : throw new InvalidOperationException($"There is no value: {Problem.Error.Code}, {Problem.Detail}");

    /// <summary>What follows from the value. A refusal passes by as it is.</summary>
    public Result<TNext> Then<TNext>(Func<T, Result<TNext>> next) => Problem is { } refused ? refused : next(_value!);

    /// <summary>Both, or the refusal that came first.</summary>
    public Result<(T, TOther)> And<TOther>(Result<TOther> other) => (Problem ?? other.Problem) is { } refused ? refused : (_value!, other._value!);

    public static implicit operator Result<T>(T value) => new(value, null);

    public static implicit operator Result<T>(Problem problem) => new(default, problem);
}

/// <summary>A refusal: a row of the error table, what was wrong this time, and which fields of the request said it.</summary>
internal sealed record Problem(Error Error, string Detail, IReadOnlyList<FieldProblem>? Fields = null)
{
    /// <summary>When it may be worth asking again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public static Problem Invalid(IReadOnlyList<FieldProblem> fields) => new(Errors.InvalidRequest, "Some values cannot be accepted.", fields);

    public static Problem Invalid(string field, string code, string message) => Invalid([new(field, code, message)]);
}

/// <summary>One field of a request that cannot be accepted. The field is a JSON path such as <c>creditor.iban</c>.</summary>
/// <param name="Field">The field in the request, such as <c>creditor.iban</c> or <c>postings[0].amount.currency</c>, or the name of a query parameter.</param>
/// <param name="Code">What is wrong with it, in a word.</param>
/// <param name="Message">What would be accepted.</param>
internal sealed record FieldProblem(string Field, string Code, string Message);
