using System.Text.Json;

namespace Modupay.Banking.Connectors.Rest;

/// <summary>What the bank's answers mean. Pure: statuses and bytes in, answers out, and whatever is not a readable yes or no is doubt.</summary>
internal sealed class RestDialect(IReadOnlyList<string> notProcessedCodes)
{
    private static readonly TimeSpan UntilSomebodyLooks = TimeSpan.FromSeconds(60);

    // NextGenPSD2 §14.13: everything but a rejection means that the bank holds the order and goes on with it.
    private static readonly HashSet<string> Holds = new(StringComparer.Ordinal) { "RCVD", "PDNG", "PATC", "ACTC", "ACCP", "ACFC", "ACSP", "ACWC", "ACWP", "ACSC", "ACCC", "PART" };

    private static readonly HashSet<string> Rejects = new(StringComparer.Ordinal) { "RJCT", "CANC" };

    // Codes about who we are, not about the order: the bank stopped us at the door.
    private static readonly string[] AtTheDoor = ["SIGNATURE_", "CERTIFICATE_", "TOKEN_", "SERVICE_BLOCKED"];

    public static byte[] Write(BankOrder order) => JsonSerializer.SerializeToUtf8Bytes(OrderMessage.Of(order), RestJson.Default.OrderMessage);

    public BankAnswer ReadSubmission(Exchange exchange) => exchange switch
    {
        Exchange.Answered { Status: 200 or 201 or 202 } yes => BankReply.Read(yes.Body) is { PaymentId: { Length: > 0 and <= 200 } payment } reply
            ? ReadTransaction(payment, reply)
            : new BankAnswer.InDoubt("The bank's yes cannot be read."),
        Exchange.Answered other => ReadRefusal(other, BankReply.Read(other.Body)?.Error),
        _ => Unanswered(exchange),
    };

    /// <summary>Where the order is found, <see cref="BankAnswer.Accepted"/> carries its payment id, and its status is the next question.</summary>
    public BankAnswer ReadLookUp(Exchange exchange)
    {
        if (exchange is not Exchange.Answered answered) return Unanswered(exchange);
        return (answered.Status, BankReply.Read(answered.Body)) switch
        {
            (404, { Error.Code: "RESOURCE_UNKNOWN" }) => new BankAnswer.NotFound(),
            (200, { Payments: [] }) => new BankAnswer.NotFound(),
            (200, { Payments: [{ PaymentId: { Length: > 0 and <= 200 } payment }] }) => new BankAnswer.Accepted(payment),
            (200, { Payments: { Count: > 1 } several }) => new BankAnswer.InDoubt($"The bank holds {several.Count} orders under one end-to-end id."),
            _ => Unclear(answered),
        };
    }

    public BankAnswer ReadStatus(string payment, Exchange exchange) => exchange switch
    {
        Exchange.Answered { Status: 200 } answered when BankReply.Read(answered.Body) is { } reply => ReadTransaction(payment, reply),
        Exchange.Answered answered => Unclear(answered),
        _ => Unanswered(exchange),
    };

    private static BankAnswer ReadTransaction(string payment, BankReply reply) => reply.TransactionStatus switch
    {
        { } status when Rejects.Contains(status) => new BankAnswer.Refused(reply.Error?.Code ?? status, reply.Error?.Text ?? "The bank rejected the order."),
        // A person would have to approve it at the bank. Until then it is neither executed nor dropped.
        "RCVD" or "PDNG" or "PATC" when reply.Links?.ScaRedirect is not null => new BankAnswer.InDoubt("The bank waits for somebody to authorise the order."),
        { } status when Holds.Contains(status) => new BankAnswer.Accepted(payment),
        _ => new BankAnswer.InDoubt("The bank gave a status we do not know."),
    };

    private BankAnswer ReadRefusal(Exchange.Answered answered, BankError? error) => answered.Status switch
    {
        401 => new BankAnswer.NotSent($"The bank does not accept our signature ({error?.Code ?? "no code"}).", UntilSomebodyLooks),
        // It holds something under our id: neither a yes to this order nor a no to that one.
        409 => new BankAnswer.InDoubt("The bank holds another order under this end-to-end id."),
        (>= 400 and < 500) or 503 when error is not null && notProcessedCodes.Contains(error.Code, StringComparer.Ordinal) =>
            new BankAnswer.NotSent($"The bank did not process the order ({error.Code}).", answered.RetryAfter ?? TimeSpan.Zero),
        // Our address or our form is wrong, not the order: no payout should fail for a mistake in a configuration.
        404 or 405 or 406 or 415 when error is not null => new BankAnswer.NotSent($"The bank does not take orders this way ({answered.Status}, {error.Code}).", UntilSomebodyLooks),
        >= 400 and < 500 and not 408 and not 429 when error is not null => AtTheDoor.Any(prefix => error.Code.StartsWith(prefix, StringComparison.Ordinal))
            ? new BankAnswer.NotSent($"The bank did not let us in ({error.Code}).", UntilSomebodyLooks)
            : new BankAnswer.Refused(error.Code, error.Text),
        _ => Unclear(answered),
    };

    private static BankAnswer Unanswered(Exchange exchange) => exchange switch
    {
        Exchange.NotReached nowhere => new BankAnswer.NotSent(nowhere.Reason, nowhere.RetryAfter),
        Exchange.Silent silent => new BankAnswer.InDoubt(silent.Reason),
        _ => throw new InvalidOperationException("An exchange is answered, silent or not reached."),
    };

    private static BankAnswer.InDoubt Unclear(Exchange.Answered answered) => new($"The bank answered {answered.Status} and did not say what became of the order.");
}
