using System.Text.Json;

namespace Modupay.Formats;

/// <summary>A bank's CSV export. Columns are named by their header or numbered from 1 when there is none.</summary>
public sealed record CsvProfile
{
    /// <summary>Found from the header when not said.</summary>
    public char? Delimiter { get; init; }

    public int SkipLines { get; init; }
    public bool Header { get; init; } = true;
    public int FooterLines { get; init; }

    /// <summary><c>dd.MM.yyyy</c> and the like; never guessed where two readings are possible.</summary>
    public string? DateFormat { get; init; }

    /// <summary>Full stop or comma; never guessed where two readings are possible.</summary>
    public char? DecimalMark { get; init; }

    public CsvSign Sign { get; init; }

    /// <summary>For banks that name the currency nowhere in the file.</summary>
    public string? Currency { get; init; }

    /// <summary>Values of the <c>flag</c> column that make an amount a debit.</summary>
    public IReadOnlyList<string> DebitFlags { get; init; } = [];

    /// <summary>Field of a line to the columns it is made of; several columns are joined by a blank.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Columns { get; init; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);

    internal static CsvProfile Read(JsonElement csv) => new()
    {
        Delimiter = ProfileJson.Text(csv, "delimiter") is { Length: 1 } delimiter ? delimiter[0] : null,
        SkipLines = ProfileJson.Number(csv, "skipLines") ?? 0,
        Header = ProfileJson.Flag(csv, "header") ?? true,
        FooterLines = ProfileJson.Number(csv, "footerLines") ?? 0,
        DateFormat = ProfileJson.Text(csv, "date"),
        DecimalMark = ProfileJson.Text(csv, "decimal") is { Length: 1 } mark ? mark[0] : null,
        Sign = ProfileJson.Text(csv, "sign") is { } sign ? ProfileJson.Choice<CsvSign>(sign) : CsvSign.Signed,
        Currency = ProfileJson.Text(csv, "currency"),
        DebitFlags = ProfileJson.Texts(csv, "debitFlags"),
        Columns = csv.GetProperty("columns").EnumerateObject().ToDictionary(column => Known(column.Name), column => ProfileJson.Texts(csv.GetProperty("columns"), column.Name), StringComparer.Ordinal),
    };

    private static string Known(string name) => CsvFields.All.Contains(name) ? name
        : throw new FormatException($"\"{name}\" is no field of a line; known are {string.Join(", ", CsvFields.All.Order(StringComparer.Ordinal))}.");
}

public enum CsvSign
{
    /// <summary>Negative amounts lower the balance.</summary>
    Signed,

    /// <summary>Positive amounts lower the balance, as on card statements.</summary>
    Inverse,

    /// <summary>The columns <c>credit</c> and <c>debit</c> instead of one amount.</summary>
    Columns,

    /// <summary>An unsigned amount and a column that says the direction.</summary>
    Flag,
}

/// <summary>The names a profile may give columns to.</summary>
internal static class CsvFields
{
    public const string
        BookingDate = "bookingDate", ValueDate = "valueDate", Amount = "amount", Credit = "credit", Debit = "debit", Flag = "flag", Currency = "currency",
        Balance = "balance", Name = "name", Account = "account", Bic = "bic", Remittance = "remittance", BookingText = "bookingText", EndToEndId = "endToEndId",
        ClientReference = "clientReference", BankReference = "bankReference", MandateId = "mandateId", CreditorId = "creditorId", OwnAccount = "ownAccount",
        TransactionCode = "transactionCode", ReturnReason = "returnReason", Status = "status";

    public static readonly IReadOnlySet<string> All = new HashSet<string>(StringComparer.Ordinal)
    {
        BookingDate, ValueDate, Amount, Credit, Debit, Flag, Currency, Balance, Name, Account, Bic, Remittance, BookingText, EndToEndId, ClientReference,
        BankReference, MandateId, CreditorId, OwnAccount, TransactionCode, ReturnReason, Status,
    };
}
