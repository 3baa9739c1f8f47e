namespace Modupay.Reconciliation;

/// <summary>A booked line that nobody has explained yet, reduced to what rules look at. Personal data is here only as keyed hashes.</summary>
internal sealed record OpenLine(StatementLineId Id, TreasuryAccountId Account, Money Amount, DateOnly BookedOn)
{
    public string? RfReference { get; init; }
    public string? EndToEndId { get; init; }
    public string? BankReference { get; init; }
    public string? CustomerReference { get; init; }
    /// <summary>Hash of the other side's IBAN.</summary>
    public Guid? Counterparty { get; init; }
    public string? CounterpartyMasked { get; init; }
    /// <summary>Sorted hashes of the pieces of the other side's name.</summary>
    public int[] Name { get; init; } = [];

    /// <summary>A bank that books a batch as one line names the batch in any of these.</summary>
    public IEnumerable<string> BatchReferences => new[] { CustomerReference, EndToEndId, BankReference }.OfType<string>().Distinct(StringComparer.Ordinal);
}

internal enum ItemKind { Slice, Expected }

/// <summary>What should appear on a statement and has not yet, or not wholly. Money that goes out is negative, as on the line that will prove it.</summary>
/// <param name="Open">What is still expected.</param>
internal sealed record OpenItem(ExpectedItemId Id, ItemKind Kind, Money Open, DateOnly DueOn)
{
    /// <summary>The account it is expected on; none means any.</summary>
    public TreasuryAccountId? Account { get; init; }
    public SliceId? Slice { get; init; }
    public string? RfReference { get; init; }
    public string? EndToEndId { get; init; }
    public string? BankReference { get; init; }
    public string? BatchId { get; init; }
    public Guid? Counterparty { get; init; }
    public int[] Name { get; init; } = [];

    /// <summary>A bank carries out an order wholly or not at all; everything else may come in parts.</summary>
    public bool IsDivisible => Kind is not ItemKind.Slice;
}
