namespace Modupay.Formats;

/// <summary>What a statement says about itself before its first line.</summary>
public sealed record StatementHeader
{
    public required string Format { get; init; }

    /// <summary>Ordinal within the file, from 1. A page (<c>:60M:</c>, <c>MsgPgntn</c>) is a statement of its own here; <see cref="Page"/> tells them apart.</summary>
    public required int Index { get; init; }

    /// <summary>As the bank writes it; null when the file does not say.</summary>
    public string? Account { get; init; }

    /// <summary>The account when it proves to be an IBAN, without the currency or BIC some banks glue to it.</summary>
    public string? Iban { get; init; }

    /// <summary>
    /// The IBAN that the account's national number should have (<c>bank code/account</c> of a German bank). A few banks number differently, so it proves
    /// nothing by itself; it may find an account that is known.
    /// </summary>
    public string? DerivedIban { get; init; }

    public string? ServicerBic { get; init; }
    public string? Currency { get; init; }
    public string? Reference { get; init; }
    public string? RelatedReference { get; init; }

    /// <summary>The statement number as the bank writes it: <c>00085/001</c>, <c>ElctrncSeqNb</c>.</summary>
    public string? Number { get; init; }

    public int? Sequence { get; init; }
    public int? Page { get; init; }
    public Balance? Opening { get; init; }

    /// <summary>When the bank made it, where it says so (MT942 <c>:13D:</c>, camt <c>CreDtTm</c>).</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    public FilePosition Position { get; init; }
}

/// <summary>What is known once the last line was read.</summary>
public sealed record StatementEnd
{
    /// <summary>The header again, completed by what came late.</summary>
    public required StatementHeader Header { get; init; }

    public Balance? Closing { get; init; }

    /// <summary>Available and forward balances; never part of the balance check.</summary>
    public IReadOnlyList<Balance> OtherBalances { get; init; } = [];

    /// <summary>Text about the statement as a whole (<c>:86:</c> after <c>:62F:</c>).</summary>
    public string? Information { get; init; }

    public required int Entries { get; init; }
    public required int Lines { get; init; }

    /// <summary>Sums over booked entries, both positive.</summary>
    public required long CreditsMinor { get; init; }

    public required long DebitsMinor { get; init; }
    public required Standing Standing { get; init; }

    /// <summary>True and false are proofs; null when a balance is missing.</summary>
    public bool? Balanced { get; init; }
}

/// <summary>What may be done with a statement.</summary>
public enum Standing
{
    /// <summary>Whole and consistent with itself.</summary>
    Complete,

    /// <summary>Readable, but a person should look before money is matched with it: a fragment, no account, balances that do not add up, a missing page.</summary>
    Held,

    /// <summary>Contradicts itself or was cut: nothing of it may be booked.</summary>
    Rejected,
}

public enum BalanceKind { Opening, Closing, OpeningAvailable, ClosingAvailable, ForwardAvailable, Interim, InterimAvailable, Other }

/// <summary>A balance in signed minor units. Intermediate ones are those of a page within a longer statement.</summary>
public sealed record Balance(BalanceKind Kind, long AmountMinor, string Currency, DateOnly? Date, bool Intermediate = false)
{
    public override string ToString() => $"{MinorUnits.Print(AmountMinor, CurrencyCodes.DecimalsOrTwo(Currency))} {Currency}";
}
