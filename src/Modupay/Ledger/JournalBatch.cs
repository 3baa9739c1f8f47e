using Npgsql;

namespace Modupay.Ledger;

/// <summary>Chains of journals as the columns that ledger.post reads: one is a batch of one, so single and bulk posting are the same code.</summary>
internal sealed class JournalBatch(TimeProvider time)
{
    private readonly List<Journal> _journals = [];
    private readonly List<int> _chains = [];
    private readonly HashSet<string> _sources = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Code, string Currency), int> _accounts = [];
    private readonly List<(int Journal, int Account, long Amount, Layer Layer)> _lines = [];
    private readonly List<(int Journal, int Account, Condition Condition)> _conditions = [];

    /// <summary>The places that the journals of this batch have among all that were asked for.</summary>
    public List<int> Places { get; } = [];

    public int Count => _journals.Count;

    /// <summary>A batch knows a source once, so a repetition has to wait for the next batch.</summary>
    public bool CanTake(IReadOnlyList<Journal> chain) => !chain.Any(journal => _sources.Contains(journal.Source));

    public void Add(IReadOnlyList<Journal> chain, int firstPlace)
    {
        var number = _chains.Count == 0 ? 1 : _chains[^1] + 1;
        for (var i = 0; i < chain.Count; i++)
        {
            _journals.Add(chain[i]);
            _chains.Add(number);
            _sources.Add(chain[i].Source);
            Places.Add(firstPlace + i);
            foreach (var posting in chain[i].Postings)
                _lines.Add((_journals.Count, AccountOf(posting.Account, posting.Amount.Currency), posting.Amount.Minor, posting.Layer));
            foreach (var condition in chain[i].Conditions)
                _conditions.Add((_journals.Count, AccountOf(condition.Account, condition.Currency), condition));
        }
    }

    /// <summary>Whether every journal is simply posted: then a single statement may do. It posts all or nothing, so chains lose nothing by it.</summary>
    public bool IsPlain => _conditions.Count == 0 && _lines.TrueForAll(line => line.Layer == Layer.Posted)
        && _journals.TrueForAll(journal => journal.Kind == JournalKind.Posted && journal.Related is null && journal.ExpiresAt is null);

    public object?[] PlainParameters(DateTimeOffset now) =>
    [
        now,
        Ids(),
        Column(journal => journal.Source),
        Column(JournalDigest.Of),
        Column(journal => journal.EffectiveOn),
        Column(journal => journal.Description),
        _accounts.Keys.Select(account => account.Code).ToArray(),
        _accounts.Keys.Select(account => account.Currency).ToArray(),
        _lines.Select(line => line.Journal).ToArray(),
        _journals.SelectMany(journal => Enumerable.Range(1, journal.Postings.Count)).ToArray(),
        _lines.Select(line => line.Account).ToArray(),
        _lines.Select(line => line.Amount).ToArray(),
    ];

    public object?[] Parameters(DateTimeOffset now) =>
    [
        now, _chains.ToArray(),
        Ids(),
        Column(journal => journal.Source),
        Column(JournalDigest.Of),
        Column(journal => Text(journal.Kind)),
        Column(journal => journal.EffectiveOn),
        Column(journal => journal.Description),
        // Where there are no holds there is nothing to look for.
        _journals.Exists(journal => journal.Related is not null) ? Column(journal => journal.Related?.Value) : null,
        _journals.Exists(journal => journal.ExpiresAt is not null) ? Column(journal => journal.ExpiresAt) : null,
        _accounts.Keys.Select(account => account.Code).ToArray(),
        _accounts.Keys.Select(account => account.Currency).ToArray(),
        _lines.Select(line => line.Journal).ToArray(),
        _lines.Select(line => line.Account).ToArray(),
        _lines.Select(line => line.Amount).ToArray(),
        _lines.Select(line => Text(line.Layer)).ToArray(),
        Conditions(item => item.Journal),
        Conditions(item => item.Account),
        Conditions(item => item.Condition.Version),
        Conditions(item => item.Condition.AtLeast),
        Conditions(item => item.Condition.AtMost),
    ];

    public static (string[] Outcomes, string?[] Subjects) Read(NpgsqlDataReader row) => (row.GetFieldValue<string[]>(0), row.GetFieldValue<string?[]>(1));

    public void AnswerNew(Result<Posted>[] answers)
    {
        foreach (var place in Places) answers[place] = Posted.New;
    }

    /// <summary>Puts the answers where their journals were asked for.</summary>
    public void Answer((string[] Outcomes, string?[] Subjects) row, Result<Posted>[] answers)
    {
        for (var i = 0; i < _journals.Count; i++) answers[Places[i]] = LedgerRefusals.Answer(row.Outcomes[i], _journals[i], row.Subjects[i]);
    }

    internal static string Text(JournalKind kind) => kind switch
    {
        JournalKind.Posted => "posted",
        JournalKind.Pending => "pending",
        JournalKind.Post => "post",
        JournalKind.Void => "void",
        JournalKind.Expire => "expire",
        _ => "reversal",
    };

    internal static string Text(Layer layer) => layer switch { Layer.Posted => "posted", Layer.Pending => "pending", _ => "released" };

    private int AccountOf(string code, Currency currency)
    {
        if (!_accounts.TryGetValue((code, currency.Code), out var place)) _accounts.Add((code, currency.Code), place = _accounts.Count + 1);
        return place;
    }

    /// <summary>They sort as the journals stand: what is read in the order of the ids comes in the order of the call, and an index grows at its end.</summary>
    private Guid[] Ids()
    {
        var seed = Guid.CreateVersion7(time.GetUtcNow());
        return [.. _journals.Select((_, place) => Id.InOrder<JournalId>(seed, (uint)place).Value)];
    }

    private T[] Column<T>(Func<Journal, T> value) => [.. _journals.Select(value)];

    private T[]? Conditions<T>(Func<(int Journal, int Account, Condition Condition), T> value) => _conditions.Count == 0 ? null : [.. _conditions.Select(value)];
}
