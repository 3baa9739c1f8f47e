namespace Modupay.Formats;

/// <summary>
/// pain.002: what a bank says about a payment file. It is a promise at best; only a statement line proves that money moved.
/// </summary>
public sealed record PaymentStatusReport
{
    public required string Version { get; init; }
    public string? MessageId { get; init; }
    public string? CreatedAt { get; init; }
    public string? OriginalMessageId { get; init; }
    public string? OriginalMessageName { get; init; }
    public string? GroupStatus { get; init; }
    public IReadOnlyList<StatusReason> GroupReasons { get; init; } = [];
    public IReadOnlyList<PaymentInformationStatus> Payments { get; init; } = [];

    /// <summary>
    /// The status of one of our transactions: its own, else its payment's, else the group's. In a partly accepted batch the ones that are
    /// not listed are the accepted ones.
    /// </summary>
    public PaymentStatusCode StatusOf(string? paymentId, string? instructionId, string? endToEndId, out IReadOnlyList<StatusReason> reasons)
    {
        foreach (var payment in Payments)
        {
            foreach (var transaction in payment.Transactions)
            {
                if (transaction.Status is null || !transaction.IsAbout(instructionId, endToEndId)) continue;
                reasons = transaction.Reasons;
                return PaymentStatusCodes.Parse(transaction.Status);
            }
        }

        if (Payments.FirstOrDefault(payment => paymentId is not null && payment.OriginalPaymentId == paymentId) is { Status: not null } own)
        {
            reasons = own.Reasons;
            return Unlisted(own.Status);
        }

        reasons = GroupReasons;
        return GroupStatus is null ? PaymentStatusCode.Unknown : Unlisted(GroupStatus);
    }

    private static PaymentStatusCode Unlisted(string status) => PaymentStatusCodes.Parse(status) is PaymentStatusCode.PartlyAccepted ? PaymentStatusCode.Accepted : PaymentStatusCodes.Parse(status);
}

public sealed record PaymentInformationStatus(string? OriginalPaymentId, string? Status, IReadOnlyList<StatusReason> Reasons, IReadOnlyList<TransactionStatus> Transactions);

public sealed record TransactionStatus(string? OriginalInstructionId, string? OriginalEndToEndId, string? Status, IReadOnlyList<StatusReason> Reasons, string? BankReference)
{
    /// <summary>Matched by every identifier both sides have; one of them must be there.</summary>
    internal bool IsAbout(string? instructionId, string? endToEndId)
    {
        var byEndToEnd = OriginalEndToEndId is not null && endToEndId is not null;
        var byInstruction = OriginalInstructionId is not null && instructionId is not null;
        return (byEndToEnd || byInstruction) && (!byEndToEnd || OriginalEndToEndId == endToEndId) && (!byInstruction || OriginalInstructionId == instructionId);
    }
}

/// <param name="Code">ISO external reason code (AC01, AM04 …) or the bank's own.</param>
public sealed record StatusReason(string? Code, string? Information);

/// <summary>The codes of ISO 20022 by what they mean for whoever waits.</summary>
public enum PaymentStatusCode
{
    /// <summary>Not a code we know, or none: pending until somebody says yes or no.</summary>
    Unknown,
    Received,
    TechnicallyAccepted,
    AwaitingSignature,
    Accepted,
    AcceptedWithChange,
    Pending,
    InProcess,
    HeldAtCreditorBank,

    /// <summary>Settled on the debtor's account; final unless returned.</summary>
    Settled,

    /// <summary>Credited to the creditor.</summary>
    Credited,
    PartlyAccepted,
    Blocked,
    Cancelled,
    Rejected,

    /// <summary>Verification of payee, which is no state of the payment.</summary>
    PayeeMatches,
    PayeeNeedsDecision,
    PayeeCheckRunning,
}

public static class PaymentStatusCodes
{
    public static PaymentStatusCode Parse(string? code) => code switch
    {
        "RCVD" => PaymentStatusCode.Received,
        "ACTC" => PaymentStatusCode.TechnicallyAccepted,
        "PATC" or "ACFW" => PaymentStatusCode.AwaitingSignature,
        "ACCP" or "ACFC" => PaymentStatusCode.Accepted,
        "ACWC" => PaymentStatusCode.AcceptedWithChange,
        "PDNG" => PaymentStatusCode.Pending,
        "ACSP" or "ACPD" => PaymentStatusCode.InProcess,
        "ACWP" => PaymentStatusCode.HeldAtCreditorBank,
        "ACSC" => PaymentStatusCode.Settled,
        "ACCC" => PaymentStatusCode.Credited,
        "PART" => PaymentStatusCode.PartlyAccepted,
        "BLCK" => PaymentStatusCode.Blocked,
        "CANC" => PaymentStatusCode.Cancelled,
        "RJCT" => PaymentStatusCode.Rejected,
        "RCVC" => PaymentStatusCode.PayeeMatches,
        "RVMC" or "RVNM" or "RVCM" or "RVNA" => PaymentStatusCode.PayeeNeedsDecision,
        "RVNC" => PaymentStatusCode.PayeeCheckRunning,
        _ => PaymentStatusCode.Unknown,
    };

    /// <summary>A report may arrive late; nothing may move a payment away from here except a return on a statement.</summary>
    public static bool IsFinal(this PaymentStatusCode code) =>
        code is PaymentStatusCode.Settled or PaymentStatusCode.Credited or PaymentStatusCode.Rejected or PaymentStatusCode.Cancelled;
}
