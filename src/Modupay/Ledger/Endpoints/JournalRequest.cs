using Modupay.Http;

namespace Modupay.Ledger.Endpoints;

/// <summary>A journal as it is sent. A debit is positive, a credit negative; with <c>hold</c> it waits to be posted or voided.</summary>
internal sealed record JournalRequest(string Source, DateOnly EffectiveOn, IReadOnlyList<JournalRequest.PostingRequest> Postings, string Description = "",
    JournalRequest.HoldRequest? Hold = null, IReadOnlyList<JournalRequest.ConditionRequest>? Conditions = null)
{
    internal sealed record PostingRequest(string Account, MoneyView Amount);

    internal sealed record HoldRequest(DateTimeOffset? ExpiresAt = null);

    internal sealed record ConditionRequest(string Account, string Currency, long? Version = null, long? BalanceAtLeast = null, long? BalanceAtMost = null);

    public Result<Journal> Parse(string path = "")
    {
        var problems = new List<FieldProblem>();
        var postings = ParsePostings(Postings, $"{path}postings", problems);
        var conditions = new List<Condition>();
        foreach (var (i, condition) in (Conditions ?? []).Index())
        {
            var currency = Currency.Parse(condition.Currency);
            if (currency.Problem is { } unknown) problems.Add(new($"{path}conditions[{i}].currency", unknown.Error.Code, unknown.Detail));
            else conditions.Add(new(condition.Account, currency.Value) { Version = condition.Version, AtLeast = condition.BalanceAtLeast, AtMost = condition.BalanceAtMost });
        }
        // Sources of the product itself have a colon after a word of ours; those of the API have their own room, so neither can take the other's.
        if (problems.Count > 0) return Problem.Invalid(problems);
        var journal = new Journal("api:" + Source, EffectiveOn, Description, postings) { Conditions = conditions };
        return Hold is null ? journal : journal.AsHold(Hold.ExpiresAt);
    }

    public static List<Posting> ParsePostings(IReadOnlyList<PostingRequest> requests, string path, List<FieldProblem> problems)
    {
        var postings = new List<Posting>();
        foreach (var (i, request) in requests.Index())
        {
            var amount = Money.Parse(request.Amount.Amount, request.Amount.Currency);
            if (amount.Problem is { } unknown) problems.Add(new($"{path}[{i}].amount.currency", unknown.Error.Code, unknown.Detail));
            else postings.Add(new(request.Account, amount.Value));
        }
        return postings;
    }
}

internal sealed record PostingView(string Account, MoneyView Amount, string Layer);

internal sealed record JournalView(string Id, string Source, string Kind, DateOnly EffectiveOn, DateTimeOffset RecordedAt, string Description, string? Related, DateTimeOffset? ExpiresAt,
    IReadOnlyList<PostingView> Postings)
{
    public static JournalView Of(StoredJournal journal) => new(journal.Id.ToString(), journal.Source, journal.Kind, journal.EffectiveOn, journal.RecordedAt, journal.Description,
        journal.Related?.ToString(), journal.ExpiresAt,
        [.. journal.Postings.Select(posting => new PostingView(posting.Account, MoneyView.Of(posting.Amount), JournalBatch.Text(posting.Layer)))]);
}

/// <summary>What became of a journal: <c>new</c> or <c>repeated</c>, and in a batch also the code of its refusal.</summary>
internal sealed record PostedView(string Source, string Outcome, string? Journal = null, string? Detail = null);

internal sealed record PostedBatchView(int New, int Repeated, int Refused, IReadOnlyList<PostedView> Journals);
