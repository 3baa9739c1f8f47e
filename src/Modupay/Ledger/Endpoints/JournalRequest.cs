using Modupay.Http;

namespace Modupay.Ledger.Endpoints;

/// <summary>A journal as it is sent; with <c>hold</c> it waits to be posted or voided.</summary>
/// <param name="Source">What caused it, from 1 to 196 characters: a journal is posted once for a source, however often it is sent, and other contents under a known source are refused. Answers show it with <c>api:</c> before it.</param>
/// <param name="EffectiveOn">The day on which it counts, <c>yyyy-MM-dd</c>; past and future days are taken.</param>
/// <param name="Postings">At most 1000, which add up to zero in every currency.</param>
/// <param name="Description">At most 500 characters; empty when absent.</param>
/// <param name="Hold">Reserves what it would move, until it is posted, voided or expires; it is posted at once when absent.</param>
/// <param name="Conditions">What must be true just before it is posted, or it is refused; nothing when absent.</param>
internal sealed record JournalRequest(string Source, DateOnly EffectiveOn, IReadOnlyList<JournalPosting> Postings, string Description = "",
    JournalHold? Hold = null, IReadOnlyList<JournalCondition>? Conditions = null)
{
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

    public static List<Posting> ParsePostings(IReadOnlyList<JournalPosting> requests, string path, List<FieldProblem> problems)
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

/// <summary>One line of a journal.</summary>
/// <param name="Account">The code of an open account, such as <c>wallets/42</c>.</param>
/// <param name="Amount">A debit is positive, a credit negative, and none is zero; in the account's currency.</param>
internal sealed record JournalPosting(string Account, MoneyView Amount);

/// <summary>That a journal is held.</summary>
/// <param name="ExpiresAt">When it gives back what it reserved, unless it was ended before (UTC); never when absent.</param>
internal sealed record JournalHold(DateTimeOffset? ExpiresAt = null);

/// <summary>What the sender believes of an account.</summary>
/// <param name="Account">The code of the account.</param>
/// <param name="Currency">Its currency, ISO 4217.</param>
/// <param name="Version">The <c>version</c> it has; any when absent.</param>
/// <param name="BalanceAtLeast">The least balance it has, in minor units, positive on its normal side; any when absent.</param>
/// <param name="BalanceAtMost">The largest balance it has, in minor units, positive on its normal side; any when absent.</param>
internal sealed record JournalCondition(string Account, string Currency, long? Version = null, long? BalanceAtLeast = null, long? BalanceAtMost = null);

/// <summary>One line of a journal.</summary>
/// <param name="Account">The code of the account.</param>
/// <param name="Amount">A debit is positive, a credit negative.</param>
/// <param name="Layer"><c>posted</c> moves the balance, <c>pending</c> holds, <c>released</c> gives back what was held.</param>
internal sealed record PostingView(string Account, MoneyView Amount, string Layer);

/// <summary>A set of postings that add up to zero in every currency. It never changes.</summary>
/// <param name="Id">Its id, <c>jrn_…</c>.</param>
/// <param name="Source">What caused it: a word, a colon and an id; <c>api:</c> before what was sent to this API.</param>
/// <param name="Kind"><c>posted</c> at once; <c>pending</c> is a hold, which a <c>post</c>, a <c>void</c> or an <c>expire</c> ends; a <c>reversal</c> undoes another one.</param>
/// <param name="EffectiveOn">The day on which it counts.</param>
/// <param name="RecordedAt">When it was written (UTC).</param>
/// <param name="Description">What was said about it.</param>
/// <param name="Related">The hold that it ends, or the journal that it reverses (<c>jrn_…</c>).</param>
/// <param name="ExpiresAt">Of a hold: when it gives back what it reserved, unless it was ended before (UTC).</param>
/// <param name="Postings">Its lines, in the order they were sent.</param>
internal sealed record JournalView(string Id, string Source, string Kind, DateOnly EffectiveOn, DateTimeOffset RecordedAt, string Description, string? Related, DateTimeOffset? ExpiresAt,
    IReadOnlyList<PostingView> Postings)
{
    public static JournalView Of(StoredJournal journal) => new(journal.Id.ToString(), journal.Source, journal.Kind, journal.EffectiveOn, journal.RecordedAt, journal.Description,
        journal.Related?.ToString(), journal.ExpiresAt,
        [.. journal.Postings.Select(posting => new PostingView(posting.Account, MoneyView.Of(posting.Amount), JournalBatch.Text(posting.Layer)))]);
}

/// <summary>What became of a journal.</summary>
/// <param name="Source">Its source, with <c>api:</c> before what was sent.</param>
/// <param name="Outcome"><c>new</c>, or <c>repeated</c> when the source had been posted with the same contents; in a batch also the code of its refusal.</param>
/// <param name="Journal">The journal, <c>jrn_…</c>; absent when it was refused.</param>
/// <param name="Detail">In a batch: why it was refused.</param>
internal sealed record PostedView(string Source, string Outcome, string? Journal = null, string? Detail = null);

/// <summary>What became of the journals of a batch.</summary>
/// <param name="New">How many were posted.</param>
/// <param name="Repeated">How many had been posted before.</param>
/// <param name="Refused">How many were refused; none in an atomic batch.</param>
/// <param name="Journals">What became of each, in the order they were sent.</param>
internal sealed record PostedBatchView(int New, int Repeated, int Refused, IReadOnlyList<PostedView> Journals);
