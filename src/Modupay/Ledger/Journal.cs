namespace Modupay.Ledger;

/// <summary>
/// A set of postings that add up to zero in every currency. The source names what caused it, such as <c>match:dec_…</c>: the same source
/// is the same journal, however often it is posted.
/// </summary>
internal sealed record Journal(string Source, DateOnly EffectiveOn, string Description, IReadOnlyList<Posting> Postings)
{
    /// <summary>Leaves room to add any three sums of postings; ledger.post has the same number.</summary>
    internal const long LargestAmount = 2305843009213693951;

    internal const int MaxSource = 200;
    internal const int MaxDescription = 500;
    internal const int MaxPostings = 1000;

    public JournalKind Kind { get; init; } = JournalKind.Posted;

    /// <summary>The hold that this journal ends, or the journal that it reverses.</summary>
    public JournalId? Related { get; init; }

    /// <summary>When a hold that was not ended gives back what it took.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>What must be true of balances at the moment of posting, or the journal is refused.</summary>
    public IReadOnlyList<Condition> Conditions { get; init; } = [];

    /// <summary>The same journal as a hold: it takes from what is available, and moves nothing until it is posted.</summary>
    public Journal AsHold(DateTimeOffset? expiresAt = null) => this with
    {
        Kind = JournalKind.Pending,
        ExpiresAt = expiresAt,
        Postings = [.. Postings.Select(posting => posting with { Layer = Layer.Pending })],
    };

    /// <summary>What is wrong with the journal whatever the state of the ledger, or null.</summary>
    public Problem? Flaw()
    {
        if (Source.Length is 0 or > MaxSource) return new(Errors.InvalidRequest, $"A source has 1 to {MaxSource} characters.");
        if (Description.Length > MaxDescription) return new(Errors.InvalidRequest, $"A description has at most {MaxDescription} characters.");
        if (Postings.Count > MaxPostings) return new(Errors.InvalidRequest, $"A journal has at most {MaxPostings} postings.");
        foreach (var posting in Postings)
            if (posting.Amount.Minor is 0 or > LargestAmount or < -LargestAmount)
                return new(Errors.AmountInvalid, $"'{Source}' posts {posting.Amount} to '{posting.Account}'.");
        if (Unbalanced() is { } currency) return new(Errors.JournalUnbalanced, $"The {currency} postings of '{Source}' do not add up to zero.");
        return Postings.Count == 0 ? new(Errors.JournalUnbalanced, $"'{Source}' has no postings.") : null;
    }

    /// <summary>The currency whose postings do not add up to zero in one of their layers, or null. Nearly every journal has one currency and one layer, so one sum tells.</summary>
    private Currency? Unbalanced()
    {
        var sum = Int128.Zero;
        foreach (var posting in Postings)
        {
            if (posting.Amount.Currency != Postings[0].Amount.Currency || posting.Layer != Postings[0].Layer)
                return Postings.GroupBy(each => (each.Amount.Currency, each.Layer)).FirstOrDefault(group => group.Aggregate(Int128.Zero, (total, each) => total + each.Amount.Minor) != 0)?.Key.Currency;
            sum += posting.Amount.Minor;
        }
        return sum == 0 ? null : Postings[0].Amount.Currency;
    }
}

/// <summary>One line of a journal. The account is named by its code, such as <c>treasury/ta_…/bank</c>; a debit is positive, a credit negative.</summary>
internal sealed record Posting(string Account, Money Amount)
{
    public Layer Layer { get; init; } = Layer.Posted;
}

/// <summary>A journal is posted at once; or it is pending, until another one posts it (whole or in part), voids it or lets it expire.</summary>
internal enum JournalKind { Posted, Pending, Post, Void, Expire, Reversal }

/// <summary>What a posting changes: the balance; what is reserved; or, in the journal that ends a hold, what was reserved and is given back.</summary>
internal enum Layer { Posted, Pending, Released }

/// <summary>What the poster believes about an account: its version, or that its balance, positive on its normal side, lies between two amounts.</summary>
internal sealed record Condition(string Account, Currency Currency)
{
    public long? Version { get; init; }
    public long? AtLeast { get; init; }
    public long? AtMost { get; init; }
}

internal enum Posted { New, Repeated }
