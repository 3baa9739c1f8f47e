using System.Text.Json;
using System.Text.Json.Serialization;
using Modupay.Http;
using Modupay.Banking.Payouts;

namespace Modupay.Banking.Statements;

/// <summary>A file as the bank delivered it. Coverage is the share of it that was understood, in millionths.</summary>
internal sealed record StatementFileView(string Id, string BankProfile, string State, string FileName, long SizeBytes, string Sha256, string? Format, int? StatementCount, int? LineCount,
    int? CoveragePpm, string? Dialect, int Attempt, FailureView? Failure, DateTimeOffset ReceivedAt, IReadOnlyList<StatementView>? Statements = null, IReadOnlyList<StatementProblemView>? Problems = null,
    IReadOnlyList<StatementArrivalView>? Arrivals = null)
{
    public static StatementFileView Of(StatementFile file) => new(file.Id.ToString(), file.BankProfile.ToString(), file.State, file.FileName, file.SizeBytes, Convert.ToHexStringLower(file.Sha256),
        file.Format, file.Statements, file.Lines, file.CoveragePpm, file.Dialect, file.Attempt, file.FailureCode is { } code ? new FailureView(code, file.FailureDetail ?? "") : null, file.ReceivedAt);
}

/// <param name="Document">What kind it is: <c>statement</c>, <c>report</c> of the day or <c>notification</c>. Which of them books is said at the treasury account.</param>
internal sealed record StatementView(string Id, string Standing, string? TreasuryAccount, string Account, string Currency, string? Reference, string? Sequence, MoneyView? Opening, DateOnly? OpeningOn,
    MoneyView? Closing, DateOnly? ClosingOn, bool? Balanced, string? DuplicateOf, string Document)
{
    public static StatementView Of(BankStatement statement) => new(statement.Id.ToString(), statement.Standing, statement.TreasuryAccount?.ToString(), statement.AccountMasked, statement.Currency.Code,
        statement.Reference, statement.Sequence, statement.OpeningMinor is { } opening ? new(opening, statement.Currency.Code) : null, statement.OpeningOn,
        statement.ClosingMinor is { } closing ? new(closing, statement.Currency.Code) : null, statement.ClosingOn, statement.Balanced,
        statement.DuplicateOf?.ToString(), statement.Document);
}

/// <param name="IsReturn">The bank says that it gives a payment back; <c>returnReason</c> is its code for why, <c>originalReference</c> what that payment was called if not as the line itself.</param>
/// <param name="CounterpartyName">For callers who may decide what a line is; others see the masked account only.</param>
/// <param name="BookedAs">Of a line that was announced, compared or said again: the line that is in the books.</param>
internal sealed record StatementLineView(string Id, string Statement, int Entry, int Part, string Status, string State, DateOnly? BookedOn, DateOnly? ValueOn, MoneyView Amount, string? EndToEndId,
    string? BankReference, string? CustomerReference, string? Remittance, string? StructuredReference, string? CounterpartyAccount, string? TransactionCode, bool Reversal, MoneyView? Charges, MoneyView? Original,
    decimal? Rate, bool IsReturn, string? ReturnReason, string? OriginalReference, int FileLine, int Version, string? BookedAs = null, string? CounterpartyName = null)
{
    public static StatementLineView Of(BankStatementLine line, string? counterpartyName) => new(line.Id.ToString(), line.Statement.ToString(), line.Entry, line.Part, line.Status, line.State, line.BookedOn, line.ValueOn,
        MoneyView.Of(line.Amount), line.EndToEndId, line.BankReference, line.CustomerReference, line.Remittance, line.StructuredReference, line.CounterpartyMasked,
        line.TransactionCode, line.Reversal, line.Charges is { } charges ? MoneyView.Of(charges) : null, line.Original is { } original ? MoneyView.Of(original) : null, line.Rate, line.IsReturn, line.ReturnReason,
        line.OriginalReference, line.FileLine, line.Version, line.BookedAs?.ToString(), counterpartyName);
}

/// <summary>Under which name the same bytes came, and when.</summary>
internal sealed record StatementArrivalView(string FileName, DateTimeOffset At);

/// <summary>What could not be understood or was written unusually, with its place and, where it helps, its text.</summary>
internal sealed record StatementProblemView(string Code, int Line, int Column, string Detail, string Severity, string? Raw);

/// <summary>What does not follow from one statement to the next.</summary>
internal sealed record StatementFindingView(string Id, string Kind, string State, string Statement, string? PreviousStatement, string? TreasuryAccount, string Account, string Currency, string? Expected,
    string? Found, DateOnly? FromOn, DateOnly? ToOn, DateTimeOffset FoundAt, DateTimeOffset? ResolvedAt)
{
    public static StatementFindingView Of(StatementFinding finding) => new(finding.Id.ToString(), finding.Kind, finding.State, finding.Statement.ToString(), finding.Previous?.ToString(),
        finding.TreasuryAccount?.ToString(), finding.AccountMasked, finding.Currency.Code, finding.Expected, finding.Found, finding.FromOn, finding.ToOn, finding.FoundAt, finding.ResolvedAt);
}

/// <summary>Which business days of a period an account's statements cover.</summary>
internal sealed record AccountCoverageView(string TreasuryAccount, string Name, int Statements, int BusinessDays, IReadOnlyList<DateOnly> MissingDays, DateOnly? LastClosingOn, MoneyView? LastClosing, int OpenFindings);

/// <summary>How a bank writes its statements: the name of a profile that comes with the product, or a profile of its own.</summary>
internal sealed record BankDialectView(string BankProfile, string Dialect, bool Defined);

/// <summary>Where a bank's statements are picked up, and how many of its files are waiting, were fetched, and were given up.</summary>
internal sealed record PickUpView(string BankProfile, string ConnectorId, string RemoteDirectory, string FilePattern, bool Enabled, int Waiting, int Fetched, int Failed);

/// <summary>A file at the bank. <c>Failure</c> is what the last try ended with.</summary>
internal sealed record PickUpFileView(string Path, long? SizeBytes, DateTimeOffset? ModifiedAt, string State, int Attempts, string? Failure, DateTimeOffset SeenAt)
{
    public static PickUpFileView Read(Npgsql.NpgsqlDataReader row) => new(row.GetString(0), row.IsDBNull(1) ? null : row.GetInt64(1), row.IsDBNull(2) ? null : row.GetFieldValue<DateTimeOffset>(2),
        row.GetString(3), row.GetInt32(4), row.Text(5), row.GetFieldValue<DateTimeOffset>(6));
}

/// <summary>Where an uploaded file went. It is read in the background; the id of what it became appears in the list.</summary>
internal sealed record UploadView(string Key, long SizeBytes);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, Converters = [typeof(UtcInstants)])]
[JsonSerializable(typeof(Envelope<StatementFileView>))]
[JsonSerializable(typeof(ListEnvelope<StatementFileView>))]
[JsonSerializable(typeof(ListEnvelope<StatementLineView>))]
[JsonSerializable(typeof(ListEnvelope<StatementFindingView>))]
[JsonSerializable(typeof(Envelope<IReadOnlyList<AccountCoverageView>>))]
[JsonSerializable(typeof(Envelope<BankDialectView>))]
[JsonSerializable(typeof(DefineDialect.Request))]
[JsonSerializable(typeof(Envelope<PickUpView>))]
[JsonSerializable(typeof(PickUpEndpoints.Request), TypeInfoPropertyName = "PickUpRequest")]
[JsonSerializable(typeof(ListEnvelope<PickUpFileView>))]
[JsonSerializable(typeof(PickUpEndpoints.RetryRequest))]
[JsonSerializable(typeof(Envelope<UploadView>))]
[JsonSerializable(typeof(byte[]))]
internal sealed partial class StatementsJson : JsonSerializerContext;
