using System.Collections.Frozen;

namespace Modupay.Notifications;

/// <summary>Every fact the platform announces. Each name has a schema and a sample in <c>events/</c>; a new version is a new name beside the old one.</summary>
internal static class EventTypes
{
    public const string PayoutCreated = "payout.created.v1";
    public const string PayoutApproved = "payout.approved.v1";
    public const string PayoutSettled = "payout.settled.v1";
    public const string PayoutPartiallySettled = "payout.partially_settled.v1";
    public const string PayoutFailed = "payout.failed.v1";
    public const string PayoutCanceled = "payout.canceled.v1";
    public const string PayoutReopened = "payout.reopened.v1";

    public const string SliceSent = "slice.sent.v1";
    public const string SliceInDoubt = "slice.in_doubt.v1";
    public const string SliceSettled = "slice.settled.v1";
    public const string SliceFailed = "slice.failed.v1";
    public const string SliceReturned = "slice.returned.v1";

    public const string StatementReceived = "statement.received.v1";
    public const string StatementQuarantined = "statement.quarantined.v1";

    public const string StatementFindingOpened = "statement.finding_opened.v1";
    public const string StatementFindingResolved = "statement.finding_resolved.v1";
    public const string StatementLineMatched = "statement_line.matched.v1";
    public const string StatementLineIgnored = "statement_line.ignored.v1";
    public const string StatementLineUnmatched = "statement_line.unmatched.v1";

    public const string ExpectedItemSettled = "expected_item.settled.v1";
    public const string ExpectedItemOverdue = "expected_item.overdue.v1";

    public const string WebhookEndpointDisabled = "webhook_endpoint.disabled.v1";

    /// <summary>What an endpoint asks for to hear everything.</summary>
    public const string Any = "*";

    public static readonly FrozenSet<string> All = new[]
    {
        PayoutCreated, PayoutApproved, PayoutSettled, PayoutPartiallySettled, PayoutFailed, PayoutCanceled, PayoutReopened,
        SliceSent, SliceInDoubt, SliceSettled, SliceFailed, SliceReturned,
        StatementReceived, StatementQuarantined, StatementFindingOpened, StatementFindingResolved,
        StatementLineMatched, StatementLineIgnored, StatementLineUnmatched,
        ExpectedItemSettled, ExpectedItemOverdue,
        WebhookEndpointDisabled,
    }.ToFrozenSet(StringComparer.Ordinal);
}
