using Modupay.Ledger;

namespace Modupay.DatabaseTests.Ledger;

/// <summary>The ledger as a page of C#: slow, in memory, one at a time, and obviously right. The real one has to answer the same.</summary>
internal sealed class LedgerModel(IReadOnlyList<NewAccount> accounts)
{
    private readonly Dictionary<string, Journal> _posted = new(StringComparer.Ordinal);
    private readonly Dictionary<JournalId, Journal> _open = [];
    private readonly HashSet<JournalId> _ended = [];
    private readonly HashSet<JournalId> _reversed = [];

    public Dictionary<string, Sums> Balances { get; private set; } = accounts.ToDictionary(account => account.Code, _ => new Sums(0, 0, 0, 0), StringComparer.Ordinal);

    public IEnumerable<JournalId> OpenHolds => _open.Keys;

    public Journal Hold(JournalId id) => _open[id];

    public IReadOnlyList<string> Post(IReadOnlyList<Journal> chain)
    {
        var known = chain.Where(journal => _posted.ContainsKey(journal.Source)).ToList();
        if (known.Count > 0)
        {
            var different = known.Where(journal => !Same(_posted[journal.Source], journal)).ToList();
            if (different.Count == 0 && known.Count == chain.Count) return [.. chain.Select(_ => "repeated")];
            return [.. chain.Select((journal, i) => (different.Count == 0 ? i == 0 : different.Contains(journal)) ? "journal_conflicting" : "linked_refused")];
        }

        var before = Balances;
        var ended = new List<JournalId>();
        Balances = new(Balances, StringComparer.Ordinal);
        for (var i = 0; i < chain.Count; i++)
        {
            if (Judge(chain[i]) is not { } reason)
            {
                if (chain[i].Related is { } related && chain[i].Kind != JournalKind.Reversal) { _ended.Add(related); ended.Add(related); }
                continue;
            }
            Balances = before;
            _ended.ExceptWith(ended);
            return [.. chain.Select((_, j) => i == j ? reason : "linked_refused")];
        }

        foreach (var journal in chain)
        {
            _posted.Add(journal.Source, journal);
            if (journal is { Related: { } related }) { if (journal.Kind == JournalKind.Reversal) _reversed.Add(related); else _open.Remove(related); }
        }
        return [.. chain.Select(_ => "new")];
    }

    public void Opened(JournalId id, Journal hold) => _open.Add(id, hold);

    private string? Judge(Journal journal)
    {
        if (journal.Flaw() is { } flaw) return flaw.Error.Code;
        if (journal.Postings.Any(posting => !Balances.ContainsKey(posting.Account))) return "account_unknown";
        if (journal.Postings.Any(posting => Account(posting).Currency != posting.Amount.Currency)) return "currency_mismatch";
        if (journal is { Related: { } related, Kind: JournalKind.Reversal } && _reversed.Contains(related)) return "already_reversed";
        if (journal is { Related: { } hold, Kind: not JournalKind.Reversal } && (_ended.Contains(hold) || !_open.ContainsKey(hold))) return "hold_ended";
        foreach (var posting in journal.Postings) Balances[posting.Account] = Balances[posting.Account].Add(posting);
        foreach (var posting in journal.Postings.Where(posting => posting.Layer != Layer.Released))
        {
            var sums = Balances[posting.Account];
            if (posting.Amount.Minor > 0 && sums.Debits + sums.HeldDebits - sums.Credits > Account(posting).DebitLimit) return "debit_limit_exceeded";
            if (posting.Amount.Minor < 0 && sums.Credits + sums.HeldCredits - sums.Debits > Account(posting).CreditLimit) return "credit_limit_exceeded";
        }
        return null;
    }

    private NewAccount Account(Posting posting) => accounts.First(account => account.Code == posting.Account);

    private static bool Same(Journal left, Journal right) =>
        left.Kind == right.Kind && left.Related == right.Related && left.ExpiresAt == right.ExpiresAt && left.EffectiveOn == right.EffectiveOn
        && left.Description == right.Description && left.Postings.SequenceEqual(right.Postings);

    internal sealed record Sums(long Debits, long Credits, long HeldDebits, long HeldCredits)
    {
        public Sums Add(Posting posting) => (posting.Layer, posting.Amount.Minor) switch
        {
            (Layer.Posted, > 0) => this with { Debits = Debits + posting.Amount.Minor },
            (Layer.Posted, _) => this with { Credits = Credits - posting.Amount.Minor },
            (Layer.Pending, > 0) => this with { HeldDebits = HeldDebits + posting.Amount.Minor },
            (Layer.Pending, _) => this with { HeldCredits = HeldCredits - posting.Amount.Minor },
            (_, > 0) => this with { HeldDebits = HeldDebits - posting.Amount.Minor },
            _ => this with { HeldCredits = HeldCredits + posting.Amount.Minor },
        };
    }
}
