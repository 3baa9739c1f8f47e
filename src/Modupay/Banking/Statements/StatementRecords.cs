using Npgsql;

namespace Modupay.Banking.Statements;

/// <summary>A file as the bank delivered it, and how far it has come.</summary>
internal sealed record StatementFile(StatementFileId Id, BankProfileId BankProfile, string State, string FileName, string ObjectKey, long SizeBytes, byte[] Sha256,
    string? Format, int? Statements, int? Lines, int? CoveragePpm, string? FailureCode, string? FailureDetail, DateTimeOffset ReceivedAt, int Attempt, int Reading,
    long LinesStored, string? Dialect)
{
    public static StatementFile Read(NpgsqlDataReader row) => new(new(row.GetGuid(0)), new(row.GetGuid(1)), row.GetString(2), row.GetString(3), row.GetString(4), row.GetInt64(5),
        row.GetFieldValue<byte[]>(6), row.Text(7), row.Integer(8), row.Integer(9), row.Integer(10), row.Text(11), row.Text(12), row.GetFieldValue<DateTimeOffset>(13),
        row.GetInt32(14), row.GetInt32(15), row.GetInt64(16), row.Text(17));
}

/// <summary>One statement of a file: an account's movements between two balances.</summary>
internal sealed record BankStatement(StatementId Id, int Position, string Standing, TreasuryAccountId? TreasuryAccount, string AccountMasked, Currency Currency, string? Reference,
    string? Sequence, long? OpeningMinor, DateOnly? OpeningOn, long? ClosingMinor, DateOnly? ClosingOn, bool? Balanced, StatementId? DuplicateOf,
    string Document)
{
    public static BankStatement Read(NpgsqlDataReader row) => new(new(row.GetGuid(0)), row.GetInt32(1), row.GetString(2), row.IsDBNull(3) ? null : new TreasuryAccountId(row.GetGuid(3)),
        row.GetString(4), Currency.Known(row.GetString(5)), row.Text(6), row.Text(7), row.IsDBNull(8) ? null : row.GetInt64(8), row.Date(9), row.IsDBNull(10) ? null : row.GetInt64(10),
        row.Date(11), row.IsDBNull(12) ? null : row.GetBoolean(12), row.IsDBNull(13) ? null : new StatementId(row.GetGuid(13)), row.GetString(14));
}

/// <summary>One movement, the same whatever format it came in.</summary>
internal sealed record BankStatementLine(StatementLineId Id, StatementId Statement, int Entry, int Part, string Status, string State, DateOnly? BookedOn, DateOnly? ValueOn, Money Amount,
    string? EndToEndId, string? BankReference, string? CustomerReference, string? Remittance, string? CounterpartyMasked, string? TransactionCode, bool Reversal, TreasuryAccountId? TreasuryAccount,
    string? StructuredReference, Money? Charges, Money? Original, decimal? Rate, string? ReturnReason, int FileLine, int Version, StatementLineId? BookedAs = null,
    bool IsReturn = false, string? OriginalReference = null)
{
    public static BankStatementLine Read(NpgsqlDataReader row) => new(new(row.GetGuid(0)), new(row.GetGuid(1)), row.GetInt32(2), row.GetInt32(3), row.GetString(4), row.GetString(5),
        row.Date(6), row.Date(7), new Money(row.GetInt64(8), Currency.Known(row.GetString(9))), row.Text(10), row.Text(11), row.Text(12), row.Text(13), row.Text(14), row.Text(15),
        row.GetBoolean(16), row.IsDBNull(17) ? null : new TreasuryAccountId(row.GetGuid(17)), row.Text(18),
        row.IsDBNull(19) ? null : new Money(row.GetInt64(19), Currency.Known(row.GetString(9))),
        row.IsDBNull(20) ? null : new Money(row.GetInt64(20), Currency.Known(row.GetString(21))), row.IsDBNull(22) ? null : row.GetDecimal(22), row.Text(23), row.GetInt32(24), row.GetInt32(25),
        row.IsDBNull(26) ? null : new StatementLineId(row.GetGuid(26)), row.GetBoolean(27), row.Text(28));
}
