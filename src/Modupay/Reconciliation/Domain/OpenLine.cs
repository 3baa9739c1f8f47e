namespace Modupay.Reconciliation;

/// <summary>A booked line that nobody has explained yet, reduced to what rules look at. Personal data is here only as keyed hashes.</summary>
internal sealed record OpenLine(StatementLineId Id, TreasuryAccountId Account, Money Amount, DateOnly BookedOn)
{
    public string? RfReference { get; init; }
    public string? EndToEndId { get; init; }
    public string? BankReference { get; init; }
    public string? CustomerReference { get; init; }

    /// <summary>What the bank says the payment was called that this line gives back.</summary>
    public string? OriginalReference { get; init; }

    /// <summary>The bank says that it gives a payment back, or takes an entry of its own back.</summary>
    public bool IsReturn { get; init; }

    /// <summary>Its code for why, where it says so.</summary>
    public string? ReturnReason { get; init; }

    /// <summary>Hash of the other side's IBAN.</summary>
    public Guid? Counterparty { get; init; }
    public string? CounterpartyMasked { get; init; }
    /// <summary>Sorted hashes of the pieces of the other side's name.</summary>
    public int[] Name { get; init; } = [];

    /// <summary>Wherever a payment that comes back may be named: banks put what it was called into any of these.</summary>
    public IEnumerable<string> References => new[] { RfReference, EndToEndId, OriginalReference, CustomerReference, BankReference }.OfType<string>().Distinct(StringComparer.Ordinal);

    /// <summary>A bank that books a batch as one line names the batch in any of these.</summary>
    public IEnumerable<string> BatchReferences => new[] { CustomerReference, EndToEndId, BankReference }.OfType<string>().Distinct(StringComparer.Ordinal);
}

internal enum ItemKind { Slice, Expected }

/// <summary>How far an order is whose money might come back: not booked yet, booked, or returned or failed before.</summary>
internal enum OrderStage { Unsettled, Settled, Over }

/// <summary>What should appear on a statement and has not yet, or not wholly. Money that goes out is negative, as on the line that will prove it.</summary>
/// <param name="Open">What is still expected; of what is looked at as an order that might come back, what it was about.</param>
internal sealed record OpenItem(ExpectedItemId Id, ItemKind Kind, Money Open, DateOnly DueOn)
{
    /// <summary>The account it is expected on; none means any.</summary>
    public TreasuryAccountId? Account { get; init; }
    public SliceId? Slice { get; init; }

    /// <summary>Set when it is looked at not as something that is still expected but as an order whose money might come back.</summary>
    public OrderStage? Order { get; init; }

    public string? RfReference { get; init; }
    public string? EndToEndId { get; init; }
    public string? BankReference { get; init; }
    public string? BatchId { get; init; }
    public Guid? Counterparty { get; init; }
    public int[] Name { get; init; } = [];

    /// <summary>With the sign of the line that would be it: what an order sent out comes back in.</summary>
    public Money Due => Order is null ? Open : -Open;

    /// <summary>A bank carries out an order wholly or not at all; everything else may come in parts.</summary>
    public bool IsDivisible => Kind is not ItemKind.Slice;
}
