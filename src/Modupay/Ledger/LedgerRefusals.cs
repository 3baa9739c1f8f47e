namespace Modupay.Ledger;

/// <summary>
/// Why a journal is not posted, in order: when several reasons apply, the first of this list is the answer. The first line is seen without
/// looking at the ledger. A journal that was posted before is repeated or conflicting whatever else has changed since. The rest is the list of
/// ledger.post.
/// </summary>
internal static class LedgerRefusals
{
    public static readonly IReadOnlyList<Error> InOrder =
    [
        Errors.InvalidRequest, Errors.AmountInvalid, Errors.JournalUnbalanced, Errors.JournalUnknown, Errors.HoldUnknown, Errors.HoldExceeded,
        Errors.JournalConflicting,
        Errors.AccountUnknown, Errors.AccountClosed, Errors.CurrencyMismatch,
        Errors.HoldEnded, Errors.HoldExpired, Errors.HoldNotExpired, Errors.AlreadyReversed,
        Errors.ConditionFailed, Errors.BalanceTooLarge, Errors.DebitLimitExceeded, Errors.CreditLimitExceeded,
        Errors.LinkedRefused,
    ];

    public static Result<Posted> Answer(string outcome, Journal journal, string? account) => outcome switch
    {
        "new" => Posted.New,
        "repeated" => Posted.Repeated,
        "conflicting" => new Problem(Errors.JournalConflicting, $"'{journal.Source}' was first posted with other contents, or in other company."),
        "linked_refused" => Linked(journal),
        "hold_ended" or "hold_expired" or "hold_not_expired" or "already_reversed" => new Problem(Errors.All[outcome], $"'{journal.Source}' refers to {journal.Related}."),
        "account_unknown" => new Problem(Errors.AccountUnknown, $"'{journal.Source}' posts to '{account}', which was never opened."),
        "account_closed" => new Problem(Errors.AccountClosed, $"'{journal.Source}' posts to '{account}', which is frozen or closed."),
        "currency_mismatch" => new Problem(Errors.CurrencyMismatch, $"'{journal.Source}' posts another currency to '{account}' than it is kept in."),
        "condition_failed" => new Problem(Errors.ConditionFailed, $"What '{journal.Source}' demands of '{account}' is not so."),
        "debit_limit_exceeded" or "credit_limit_exceeded" => new Problem(Errors.All[outcome], $"'{journal.Source}' would take '{account}' past its limit. Holds count."),
        _ when Errors.All.TryGetValue(outcome, out var error) => new Problem(error, $"'{journal.Source}' posts to '{account}'."),
        _ => throw new InvalidOperationException($"ledger.post answered '{outcome}'."),
    };

    public static Problem Linked(Journal journal) => new(Errors.LinkedRefused, $"'{journal.Source}' stands or falls with a journal that was refused.");
}
