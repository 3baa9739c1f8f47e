using System.Text.Json;
using System.Text.Json.Serialization;
using Modupay.Http;
using Modupay.Banking.Payouts;

namespace Modupay.Banking.Statements;

/// <summary>A file as the bank delivered it.</summary>
/// <param name="Id">Its id, <c>sf_…</c>.</param>
/// <param name="State">How far it has come: <c>registered</c>, <c>parsed</c>, <c>stored</c>, <c>reconciled</c>, <c>archived</c>; or <c>quarantined</c>, when it could not be read and waits for somebody.</param>
/// <param name="FileName">The name under which it came first.</param>
/// <param name="SizeBytes">How long it is, in bytes.</param>
/// <param name="Sha256">The SHA-256 of its bytes in hexadecimal; the same bytes are one file.</param>
/// <param name="Format">The format it was found to be in, such as <c>mt940</c>, <c>camt</c> or <c>csv</c>.</param>
/// <param name="StatementCount">How many statements it holds.</param>
/// <param name="LineCount">How many lines they hold.</param>
/// <param name="CoveragePpm">The share of it that was understood, in millionths.</param>
/// <param name="Dialect">The profile it was read by.</param>
/// <param name="Attempt">Which reading of the file this is, from 1.</param>
/// <param name="Failure">Why it is in quarantine.</param>
/// <param name="ReceivedAt">When it arrived (UTC).</param>
/// <param name="Statements">What it holds; only when one file is asked for.</param>
/// <param name="Problems">What could not be understood in it; only when one file is asked for.</param>
/// <param name="Arrivals">Every name it came under; only when one file is asked for.</param>
internal sealed record StatementFileView(string Id, string BankProfile, string State, string FileName, long SizeBytes, string Sha256, string? Format, int? StatementCount, int? LineCount,
    int? CoveragePpm, string? Dialect, int Attempt, FailureView? Failure, DateTimeOffset ReceivedAt, IReadOnlyList<StatementView>? Statements = null, IReadOnlyList<StatementProblemView>? Problems = null,
    IReadOnlyList<StatementArrivalView>? Arrivals = null)
{
    public static StatementFileView Of(StatementFile file) => new(file.Id.ToString(), file.BankProfile.ToString(), file.State, file.FileName, file.SizeBytes, Convert.ToHexStringLower(file.Sha256),
        file.Format, file.Statements, file.Lines, file.CoveragePpm, file.Dialect, file.Attempt, file.FailureCode is { } code ? new FailureView(code, file.FailureDetail ?? "") : null, file.ReceivedAt);
}

/// <summary>One statement of a file: an account's movements between two balances.</summary>
/// <param name="Id">Its id, <c>st_…</c>.</param>
/// <param name="Standing">What is done with it: <c>complete</c> is booked; a <c>draft</c> is still being read; <c>held</c> waits for a person; a <c>duplicate</c> says what another file said before; an <c>interim</c> one announces or is compared, and is not booked.</param>
/// <param name="TreasuryAccount">The own account it is about (<c>ta_…</c>); absent when it is none of ours.</param>
/// <param name="Account">The account number as the bank wrote it, masked.</param>
/// <param name="Reference">What the bank calls it.</param>
/// <param name="Sequence">Its number as the bank wrote it.</param>
/// <param name="Opening">The balance before the first line; positive is money on the account.</param>
/// <param name="OpeningOn">The day of the opening balance.</param>
/// <param name="Closing">The balance after the last line; positive is money on the account.</param>
/// <param name="ClosingOn">The day of the closing balance.</param>
/// <param name="Balanced">Whether opening balance and lines add up to the closing one; absent when it names no two balances.</param>
/// <param name="DuplicateOf">The statement that said it before, <c>st_…</c>.</param>
/// <param name="Document">What kind it is: <c>statement</c>, <c>report</c> of the day or <c>notification</c>. Which of them books is said at the treasury account.</param>
internal sealed record StatementView(string Id, string Standing, string? TreasuryAccount, string Account, string Currency, string? Reference, string? Sequence, MoneyView? Opening, DateOnly? OpeningOn,
    MoneyView? Closing, DateOnly? ClosingOn, bool? Balanced, string? DuplicateOf, string Document)
{
    internal static readonly string[] Standings = ["draft", "complete", "held", "duplicate", "interim"];
    internal static readonly string[] Documents = ["statement", "report", "notification"];

    public static StatementView Of(BankStatement statement) => new(statement.Id.ToString(), statement.Standing, statement.TreasuryAccount?.ToString(), statement.AccountMasked, statement.Currency.Code,
        statement.Reference, statement.Sequence, statement.OpeningMinor is { } opening ? new(opening, statement.Currency.Code) : null, statement.OpeningOn,
        statement.ClosingMinor is { } closing ? new(closing, statement.Currency.Code) : null, statement.ClosingOn, statement.Balanced,
        statement.DuplicateOf?.ToString(), statement.Document);
}

/// <summary>One movement of a statement, the same whatever format it came in.</summary>
/// <param name="Id">Its id, <c>ln_…</c>.</param>
/// <param name="Statement">The statement it stands in, <c>st_…</c>.</param>
/// <param name="Entry">Which of the bank's entries it is, counted from 1 within the statement.</param>
/// <param name="Part">Which payment of a collective entry it is, from 1.</param>
/// <param name="Status">Whether the bank has <c>booked</c> it; everything else moves no money yet.</param>
/// <param name="State">How far it is explained.</param>
/// <param name="BookedOn">The day the bank booked it.</param>
/// <param name="ValueOn">The day from which it bears interest.</param>
/// <param name="Amount">Positive comes in, negative goes out.</param>
/// <param name="EndToEndId">The reference that travelled with the payment.</param>
/// <param name="BankReference">What the bank calls the movement.</param>
/// <param name="CustomerReference">What the account's owner called it when it was ordered.</param>
/// <param name="Remittance">What the payer wrote.</param>
/// <param name="StructuredReference">A reference with check digits, such as ISO 11649 (<c>RF…</c>), where there is one.</param>
/// <param name="CounterpartyAccount">The other account's number, masked.</param>
/// <param name="TransactionCode">What kind of movement it is: an ISO code such as <c>PMNT-RCDT-ESCT</c>, or SWIFT's, such as <c>NTRF</c>.</param>
/// <param name="Reversal">Whether it takes back an earlier movement.</param>
/// <param name="Charges">What the banks kept of it, in the line's currency.</param>
/// <param name="Original">What was ordered, where it was in another currency.</param>
/// <param name="Rate">The exchange rate as the bank wrote it.</param>
/// <param name="ReturnReason">Why the money came back, an ISO 20022 code such as <c>AC04</c>.</param>
/// <param name="OriginalReference">Of a return: what the payment was called that comes back, if not as the line itself.</param>
/// <param name="FileLine">The line of the file it begins in, from 1.</param>
/// <param name="Version">1, and one more each time that reading the file again changed its words.</param>
/// <param name="BookedAs">Of a line that was announced, compared or said again: the line that is in the books.</param>
/// <param name="CounterpartyName">For callers who may decide what a line is; others see the masked account only.</param>
/// <param name="IsReturn">The bank says that it gives a payment back; <c>returnReason</c> is its code for why, <c>originalReference</c> what that payment was called if not as the line itself.</param>
internal sealed record StatementLineView(string Id, string Statement, int Entry, int Part, string Status, string State, DateOnly? BookedOn, DateOnly? ValueOn, MoneyView Amount, string? EndToEndId,
    string? BankReference, string? CustomerReference, string? Remittance, string? StructuredReference, string? CounterpartyAccount, string? TransactionCode, bool Reversal, MoneyView? Charges, MoneyView? Original,
    decimal? Rate, bool IsReturn, string? ReturnReason, string? OriginalReference, int FileLine, int Version, string? BookedAs = null, string? CounterpartyName = null)
{
    internal static readonly string[] Statuses = ["booked", "pending", "information", "expected"];

    public static StatementLineView Of(BankStatementLine line, string? counterpartyName) => new(line.Id.ToString(), line.Statement.ToString(), line.Entry, line.Part, line.Status, line.State, line.BookedOn, line.ValueOn,
        MoneyView.Of(line.Amount), line.EndToEndId, line.BankReference, line.CustomerReference, line.Remittance, line.StructuredReference, line.CounterpartyMasked,
        line.TransactionCode, line.Reversal, line.Charges is { } charges ? MoneyView.Of(charges) : null, line.Original is { } original ? MoneyView.Of(original) : null, line.Rate, line.IsReturn, line.ReturnReason,
        line.OriginalReference, line.FileLine, line.Version, line.BookedAs?.ToString(), counterpartyName);
}

/// <summary>Under which name the same bytes came, and when.</summary>
/// <param name="FileName">What the file was called.</param>
/// <param name="At">When it came (UTC).</param>
internal sealed record StatementArrivalView(string FileName, DateTimeOffset At);

/// <summary>What could not be understood or was written unusually, with its place and, where it helps, its text.</summary>
/// <param name="Code">What kind of problem it is, in a word.</param>
/// <param name="Line">The line of the file, from 1.</param>
/// <param name="Column">The column, from 1.</param>
/// <param name="Detail">A sentence for people.</param>
/// <param name="Severity">With an <c>error</c> something is missing; a <c>warning</c> was understood all the same.</param>
/// <param name="Raw">What stands there, shortened; absent where it would not help.</param>
internal sealed record StatementProblemView(string Code, int Line, int Column, string Detail, string Severity, string? Raw)
{
    internal static readonly string[] Severities = ["warning", "error"];
}

/// <summary>What does not follow from one statement to the next.</summary>
/// <param name="Id">Its id, <c>fnd_…</c>.</param>
/// <param name="Kind">What does not fit: the balances (<c>balance_gap</c>), the numbers (<c>sequence_gap</c>), the days (<c>days_missing</c>, <c>back_dated</c>), or that it was said before (<c>duplicate</c>) or announced and never booked.</param>
/// <param name="State">It is <c>resolved</c> by what arrives later, never by hand.</param>
/// <param name="Statement">The statement at which it shows, <c>st_…</c>.</param>
/// <param name="PreviousStatement">The one before it (<c>st_…</c>), where there is one.</param>
/// <param name="TreasuryAccount">The own account (<c>ta_…</c>); absent when it is none of ours.</param>
/// <param name="Account">The account number, masked.</param>
/// <param name="Expected">What should be there: a balance in minor units, a number, or how many days.</param>
/// <param name="Found">What is there instead.</param>
/// <param name="FromOn">The first day it concerns.</param>
/// <param name="ToOn">The last day it concerns.</param>
/// <param name="FoundAt">When it was found (UTC).</param>
/// <param name="ResolvedAt">When it was resolved (UTC).</param>
internal sealed record StatementFindingView(string Id, string Kind, string State, string Statement, string? PreviousStatement, string? TreasuryAccount, string Account, string Currency, string? Expected,
    string? Found, DateOnly? FromOn, DateOnly? ToOn, DateTimeOffset FoundAt, DateTimeOffset? ResolvedAt)
{
    public static StatementFindingView Of(StatementFinding finding) => new(finding.Id.ToString(), finding.Kind, finding.State, finding.Statement.ToString(), finding.Previous?.ToString(),
        finding.TreasuryAccount?.ToString(), finding.AccountMasked, finding.Currency.Code, finding.Expected, finding.Found, finding.FromOn, finding.ToOn, finding.FoundAt, finding.ResolvedAt);
}

/// <summary>Which business days of a period an account's statements cover.</summary>
/// <param name="TreasuryAccount">The account, <c>ta_…</c>.</param>
/// <param name="Statements">How many statements there are in the period.</param>
/// <param name="BusinessDays">How many business days the period has.</param>
/// <param name="MissingDays">The business days that no statement covers.</param>
/// <param name="LastClosingOn">The day of the newest closing balance in the period.</param>
/// <param name="LastClosing">That balance; positive is money on the account.</param>
/// <param name="OpenFindings">How many findings are open about the account, of any day.</param>
internal sealed record AccountCoverageView(string TreasuryAccount, string Name, int Statements, int BusinessDays, IReadOnlyList<DateOnly> MissingDays, DateOnly? LastClosingOn, MoneyView? LastClosing, int OpenFindings);

/// <summary>How a bank writes its statements: the name of a profile that comes with the product, or a profile of its own.</summary>
/// <param name="BankProfile">The bank, <c>bp_…</c>.</param>
/// <param name="Dialect">The profile's name.</param>
/// <param name="Defined">Whether it is a profile of its own, or one that comes with the product.</param>
internal sealed record BankDialectView(string BankProfile, string Dialect, bool Defined);

/// <summary>Where a bank's statements are picked up, and how many of its files are waiting, were fetched, and were given up.</summary>
/// <param name="BankProfile">The bank, <c>bp_…</c>.</param>
/// <param name="ConnectorId">The SFTP connector of AWS Transfer Family, <c>c-…</c>.</param>
/// <param name="RemoteDirectory">The folder at the bank.</param>
/// <param name="FilePattern">Which files are wanted; <c>*</c> and <c>?</c> stand for any characters.</param>
/// <param name="Enabled">Whether files are being fetched.</param>
/// <param name="Waiting">How many files were seen and are not fetched yet.</param>
/// <param name="Fetched">How many were fetched.</param>
/// <param name="Failed">How many were given up after five times.</param>
internal sealed record PickUpView(string BankProfile, string ConnectorId, string RemoteDirectory, string FilePattern, bool Enabled, int Waiting, int Fetched, int Failed);

/// <summary>A file at the bank.</summary>
/// <param name="Path">Where it lies at the bank.</param>
/// <param name="SizeBytes">How long it is, in bytes, where the bank says so.</param>
/// <param name="ModifiedAt">When it was last changed at the bank (UTC), where the bank says so.</param>
/// <param name="State"><c>seen</c> in a listing, <c>asked</c> for, <c>fetched</c>, or <c>failed</c> after five times.</param>
/// <param name="Attempts">How often it was asked for.</param>
/// <param name="Failure">What the last try ended with.</param>
/// <param name="SeenAt">When it was first seen (UTC).</param>
internal sealed record PickUpFileView(string Path, long? SizeBytes, DateTimeOffset? ModifiedAt, string State, int Attempts, string? Failure, DateTimeOffset SeenAt)
{
    public static PickUpFileView Read(Npgsql.NpgsqlDataReader row) => new(row.GetString(0), row.IsDBNull(1) ? null : row.GetInt64(1), row.IsDBNull(2) ? null : row.GetFieldValue<DateTimeOffset>(2),
        row.GetString(3), row.GetInt32(4), row.Text(5), row.GetFieldValue<DateTimeOffset>(6));
}

/// <summary>Where an uploaded file went. It is read in the background; the id of what it became appears in the list.</summary>
/// <param name="Key">Where it lies in the inbox, to find it in logs.</param>
/// <param name="SizeBytes">How many bytes arrived.</param>
internal sealed record UploadView(string Key, long SizeBytes);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, Converters = [typeof(UtcInstants)])]
[JsonSerializable(typeof(Envelope<StatementFileView>))]
[JsonSerializable(typeof(ListEnvelope<StatementFileView>))]
[JsonSerializable(typeof(ListEnvelope<StatementLineView>))]
[JsonSerializable(typeof(ListEnvelope<StatementFindingView>))]
[JsonSerializable(typeof(ListEnvelope<AccountCoverageView>))]
[JsonSerializable(typeof(Envelope<BankDialectView>))]
[JsonSerializable(typeof(DefineDialect.Request))]
[JsonSerializable(typeof(Envelope<PickUpView>))]
[JsonSerializable(typeof(PickUpEndpoints.Request), TypeInfoPropertyName = "PickUpRequest")]
[JsonSerializable(typeof(ListEnvelope<PickUpFileView>))]
[JsonSerializable(typeof(PickUpEndpoints.RetryRequest))]
[JsonSerializable(typeof(Envelope<UploadView>))]
[JsonSerializable(typeof(byte[]))]
internal sealed partial class StatementsJson : JsonSerializerContext;
