using Modupay.Formats;

namespace Modupay.Banking.Statements;

internal static class BankDialectSql
{
    internal const string Find = "select dialect, dialect_definition::text from banking.bank_profiles where bank_profile_id = $1";

    internal const string Define = "update banking.bank_profiles set dialect = $2, dialect_definition = $3::jsonb where bank_profile_id = $1";
}

/// <summary>
/// How a bank writes its statements: the profile kept with the bank, else the one that comes with the product under the name the bank was given, else
/// none, and then every file is told by itself.
/// </summary>
internal static class BankDialects
{
    public static async Task<DialectProfile?> FindAsync(Database database, TenantId tenant, BankProfileId bank, CancellationToken ct)
    {
        var row = await database.FirstAsync(tenant, BankDialectSql.Find, [bank.Value], row => new Kept(row.GetString(0), row.Text(1)), ct);
        if (row?.Definition is { } definition) return DialectProfile.Parse(System.Text.Encoding.UTF8.GetBytes(definition));
        return row is null ? null : DialectProfiles.Find(row.Name);
    }

    public static BusinessDays DaysOf(DialectProfile? dialect) => dialect?.Calendar is not { } calendar ? BusinessDays.Usual : new BusinessDays(
        calendar.EveryBusinessDay, calendar.Weekend is { Count: > 0 } weekend ? weekend.ToHashSet() : BusinessDays.Usual.Weekend, calendar.Holidays.ToHashSet());

    private sealed record Kept(string Name, string? Definition);
}
