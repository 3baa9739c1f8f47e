namespace Modupay.Banking.Connectors;

/// <summary>
/// The one door to a bank. It never throws for what a bank or a network does, only for cancellation and for our own bugs: everything else
/// is an answer, and the answer says whether the bank may hold the order.
/// </summary>
internal interface IBankConnector
{
    /// <summary>Which connector this is. A claim remembers it, so that the bank that may hold the order is the bank that is asked.</summary>
    ConnectorId Id { get; }

    /// <summary>Hands the order over. It repeats itself only where the bank is proven not to have taken the order.</summary>
    Task<BankAnswer> SendAsync(BankOrder order, CancellationToken ct);

    /// <summary>
    /// Asks what became of an order. Never answers <see cref="BankAnswer.NotSent"/>: a question that could not be asked proves nothing about
    /// the order, so that is <see cref="BankAnswer.InDoubt"/>.
    /// </summary>
    Task<BankAnswer> FindAsync(string endToEndId, CancellationToken ct);

    Task<HealthAnswer> CheckHealthAsync(CancellationToken ct);
}

/// <summary>One slice as a bank order. The end-to-end id is stable: the same slice always carries the same one.</summary>
internal sealed record BankOrder(
    SliceId SliceId,
    string EndToEndId,
    Money Amount,
    string DebtorIban,
    string DebtorName,
    string CreditorName,
    string CreditorIban,
    string? CreditorBic,
    string Remittance)
{
    // A record prints all it holds, and a log line must never hold an IBAN or a name.
    public override string ToString() => $"{SliceId} ({EndToEndId})";
}

internal sealed record HealthAnswer(bool Healthy, string Detail, TimeSpan Duration);
