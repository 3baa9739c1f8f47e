using System.Diagnostics;
using Amazon.KeyManagementService;
using Amazon.Runtime;
using Modupay.Banking.Accounts;
using Modupay.Banking.Statements;
using Modupay.Formats;
using Modupay.Kernel;
using Modupay.Ledger;
using Modupay.Local.Cloud;
using Modupay.Reconciliation;
using Modupay.Tenancy;
using Npgsql;
using NpgsqlTypes;

namespace Modupay.Local.Bench;

/// <summary>
/// A year of expected items of fifty thousand customers, and a statement whose lines pay the first of them in every way that a rule knows. Amounts
/// follow from the number, so that everything that must come out is known before.
/// </summary>
internal sealed class ReconcileBenchData : IAsyncDisposable
{
    private const int Customers = 50_000;
    private const int Days = 365;
    private static readonly DateOnly FirstDay = new(2026, 1, 1);
    private static readonly string[] Syllables = ["ba", "ke", "lo", "mu", "ri", "sa", "to", "ve", "wi", "zo", "dra", "fle", "gru", "pla", "sto", "tre"];

    private readonly TemporaryFolder _folder;
    private readonly KmsStandIn _kms;
    private readonly AmazonKeyManagementServiceClient _client;
    private readonly NpgsqlConnection _superuser;
    private readonly BenchPostgres _postgres;

    private ReconcileBenchData(BenchPostgres postgres, TemporaryFolder folder, KmsStandIn kms, AmazonKeyManagementServiceClient client, NpgsqlConnection superuser)
    {
        (_postgres, _folder, _kms, _client, _superuser) = (postgres, folder, kms, client, superuser);
        Cipher = new FieldCipher(new DataKeys(postgres.Database, client, "alias/data"));
    }

    public FieldCipher Cipher { get; }
    public StatementFileId File { get; } = Id.New<StatementFileId>(TimeProvider.System);
    public TreasuryAccount Account { get; private set; } = null!;
    public TimeSpan Took { get; private set; }
    public int Lines { get; private set; }
    public long TotalMinor { get; private set; }
    public long MatchedMinor { get; private set; }

    /// <summary>How many lines each rule has to explain.</summary>
    public Dictionary<string, int> Expected { get; } = new(StringComparer.Ordinal);

    public static async Task<ReconcileBenchData> CreateAsync(BenchPostgres postgres, int lines, int items, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        var folder = TemporaryFolder.Create();
        var kms = await KmsStandIn.StartAsync(new KmsOptions(folder.Path) { Keys = new Dictionary<string, string>(StringComparer.Ordinal) { ["alias/data"] = "SYMMETRIC_DEFAULT" } }, ct);
        var client = new AmazonKeyManagementServiceClient(new BasicAWSCredentials("local", "local"), new AmazonKeyManagementServiceConfig { ServiceURL = kms.Url, AuthenticationRegion = "eu-central-1" });
        var data = new ReconcileBenchData(postgres, folder, kms, client, await postgres.ConnectAsSuperuserAsync(ct));
        await data.AddAccountAsync(ct);
        await data.CopyItemsAsync(items, ct);
        await data.CopyLinesAsync(lines, ct);
        await postgres.AsSuperuserAsync("analyze", ct);
        data.Took = Stopwatch.GetElapsedTime(started);
        return data;
    }

    public async Task<long> SumAsync(string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, _superuser);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    public async ValueTask DisposeAsync()
    {
        await _superuser.DisposeAsync();
        _client.Dispose();
        await _kms.DisposeAsync();
        _folder.Dispose();
    }

    private async Task AddAccountAsync(CancellationToken ct)
    {
        var (profile, account, now, tenant) = (Id.New<BankProfileId>(TimeProvider.System).Value, Id.New<TreasuryAccountId>(TimeProvider.System), TimeProvider.System.GetUtcNow(), _postgres.Tenant);
        await _postgres.Database.ExecuteAsync(tenant, BankAccountSql.InsertProfile, [profile, tenant.Value, "Bench", "MODUDEFFXXX", new[] { "sepa_credit_transfer" }, "german", now], ct);
        await ExecuteAsync("""
            insert into banking.treasury_accounts (treasury_account_id, tenant_id, bank_profile_id, name, currency, iban_sealed, iban_hash, iban_masked, order_limit_minor, created_at)
            values ($1, $2, $3, 'Bench', 'EUR', '', '', 'masked', 1, now())
            """, [account.Value, tenant.Value, profile], ct);
        await ExecuteAsync("""
            insert into banking.bank_statements_raw (statement_file_id, tenant_id, bank_profile_id, state, file_name, object_key, size_bytes, sha256, received_at, updated_at)
            values ($1, $2, $3, 'stored', 'bench', 'bench', 1, sha256('bench'), now(), now())
            """, [File.Value, tenant.Value, profile], ct);
        await ExecuteAsync("""
            insert into banking.bank_statements (statement_id, tenant_id, statement_file_id, position, standing, treasury_account_id, account_masked, account_key, currency)
            values ($1, $2, $1, 1, 'complete', $3, 'masked', sha256('bench'), 'EUR')
            """, [File.Value, tenant.Value, account.Value], ct);
        await _postgres.Database.TransactAsync<bool>(tenant, async unit =>
        {
            Account = (await BankAccounts.FindAsync(unit, account, ct))!;
            await LedgerDoor.OpenAccountsAsync(unit, [.. LedgerAccounts.Of(Account), MatchAccounts.Expected(Account.Currency)], ct);
            return true;
        }, ct);
    }

    private async Task CopyItemsAsync(int items, CancellationToken ct)
    {
        var keyring = new CounterpartyKeyring(Cipher, _postgres.Tenant);
        var keys = new CounterpartyKeys[Customers];
        for (var customer = 0; customer < Customers; customer++) keys[customer] = await keyring.OfAsync(NameOf(customer), IbanOf(customer), ct);

        var now = TimeProvider.System.GetUtcNow();
        await using var copy = await _superuser.BeginBinaryImportAsync("""
            copy reconciliation.expected_items (item_id, tenant_id, kind, treasury_account_id, state, amount_minor, open_minor, currency, due_on, rf_reference, end_to_end_id, bank_reference, batch_id,
                counterparty_key, name_pieces, ledger_account, expected_on, created_at, updated_at) from stdin (format binary)
            """, ct);
        for (var n = 0; n < items; n++)
        {
            await copy.StartRowAsync(ct);
            await copy.WriteAsync(Id.New<ExpectedItemId>(TimeProvider.System).Value, ct);
            await copy.WriteAsync(_postgres.Tenant.Value, ct);
            await copy.WriteAsync("expected", ct);
            await copy.WriteAsync(Account.Id.Value, ct);
            await copy.WriteAsync("open", ct);
            await copy.WriteAsync(AmountOf(n), ct);
            await copy.WriteAsync(AmountOf(n), ct);
            await copy.WriteAsync("EUR", NpgsqlDbType.Char, ct);
            await copy.WriteAsync(DayOf(n), ct);
            await copy.WriteAsync(RfOf(n), ct);
            await copy.WriteAsync($"E2E-{n}", ct);
            await copy.WriteAsync($"BANK-{n}", ct);
            await copy.WriteAsync($"BATCH-{n / 4}", ct);
            await copy.WriteAsync(keys[n % Customers].Account!.Value, ct);
            await copy.WriteAsync(keys[n % Customers].Name, ct);
            await copy.WriteAsync(MatchAccounts.Expected(Account.Currency).Code, ct);
            await copy.WriteAsync(DayOf(n), ct);
            await copy.WriteAsync(now, ct);
            await copy.WriteAsync(now, ct);
        }
        await copy.CompleteAsync(ct);
    }

    /// <summary>Of a hundred lines 40 carry our reference in their text, 15 an end-to-end id, 10 the bank's reference; 15 say only who paid, 5 only the name; 5 are batches of four, 6 are parts, 4 are noise.</summary>
    private async Task CopyLinesAsync(int lines, CancellationToken ct)
    {
        await using var copy = await _superuser.BeginBinaryImportAsync("""
            copy banking.bank_statement_lines (line_id, tenant_id, statement_file_id, statement_id, entry, part, status, state, booked_on, value_on, amount_minor, currency, end_to_end_id, bank_reference,
                customer_reference, remittance, counterparty_sealed, reversal) from stdin (format binary)
            """, ct);
        var item = 0;
        for (var n = 0; n < lines; n++)
        {
            var kind = n % 100;
            // A batch begins where four items share its name.
            if (kind is >= 85 and < 90) item = (item + 3) / 4 * 4;
            var (line, rule) = kind switch
            {
                < 40 => (new Booked(AmountOf(item), DayOf(item).AddDays(20)) { Remittance = $"Invoice {RfOf(item)} thank you", Customer = item % Customers }, "rf_reference"),
                < 55 => (new Booked(AmountOf(item), DayOf(item).AddDays(20)) { EndToEndId = $"E2E-{item}", Customer = item % Customers }, "end_to_end_id"),
                < 65 => (new Booked(AmountOf(item), DayOf(item).AddDays(20)) { BankReference = $"BANK-{item}" }, "bank_reference"),
                < 80 => (new Booked(AmountOf(item), DayOf(item).AddDays(2)) { Customer = item % Customers, Remittance = "payment" }, "amount_date_counterparty"),
                < 85 => (new Booked(AmountOf(item), DayOf(item).AddDays(1)) { Customer = item % Customers, NameOnly = true }, "amount_date_counterparty"),
                < 90 => (new Booked(Enumerable.Range(item, 4).Sum(AmountOf), DayOf(item)) { CustomerReference = $"BATCH-{item / 4}" }, "one_to_many"),
                < 96 => (new Booked(kind % 2 == 0 ? AmountOf(item) / 3 : AmountOf(item) - AmountOf(item) / 3, DayOf(item).AddDays(20)) { EndToEndId = $"E2E-{item}" }, "many_to_one"),
                _ => (new Booked(7, DayOf(item)) { Remittance = "INTEREST" }, null),
            };
            item += kind switch { >= 85 and < 90 => 4, >= 90 and < 96 => kind % 2, >= 96 => 0, _ => 1 };
            await WriteAsync(copy, line, n, ct);
            Count(line, rule);
        }
        await copy.CompleteAsync(ct);
    }

    private void Count(Booked line, string? rule)
    {
        Lines++;
        TotalMinor += line.Minor;
        if (rule is null) return;
        MatchedMinor += line.Minor;
        Expected[rule] = Expected.GetValueOrDefault(rule) + 1;
    }

    private async Task WriteAsync(NpgsqlBinaryImporter copy, Booked line, int number, CancellationToken ct)
    {
        var counterparty = line.Customer is not { } customer ? null
            : await Cipher.SealAsync(_postgres.Tenant, StatementWriter.CounterpartyField, $"{NameOf(customer).ToUpperInvariant()} GMBH\n{(line.NameOnly ? "" : IbanOf(customer))}\n", ct);
        await copy.StartRowAsync(ct);
        await copy.WriteAsync(Id.InOrder<StatementLineId>(TimeProvider.System.GetUtcNow(), (uint)number).Value, ct);
        await copy.WriteAsync(_postgres.Tenant.Value, ct);
        await copy.WriteAsync(File.Value, ct);
        await copy.WriteAsync(File.Value, ct);
        await copy.WriteAsync(number + 1, ct);
        await copy.WriteAsync(1, ct);
        await copy.WriteAsync("booked", ct);
        await copy.WriteAsync("unmatched", ct);
        await copy.WriteAsync(line.BookedOn, ct);
        await copy.WriteAsync(line.BookedOn, ct);
        await copy.WriteAsync(line.Minor, ct);
        await copy.WriteAsync("EUR", NpgsqlDbType.Char, ct);
        foreach (var text in new[] { line.EndToEndId, line.BankReference, line.CustomerReference, line.Remittance })
            if (text is null) await copy.WriteNullAsync(ct);
            else await copy.WriteAsync(text, ct);
        if (counterparty is null) await copy.WriteNullAsync(ct);
        else await copy.WriteAsync(counterparty, ct);
        await copy.WriteAsync(false, ct);
    }

    private async Task ExecuteAsync(string sql, object[] parameters, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, _superuser);
        foreach (var value in parameters) command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>No two items of a customer have the same amount, because 99 991 is a prime.</summary>
    private static long AmountOf(int n) => 1_000 + n * 7_919L % 99_991;

    private static DateOnly DayOf(int n) => FirstDay.AddDays(n * 31 % Days);

    private static string RfOf(int n) => RfReference.TryMake($"INV{n:000000000}", out var reference) ? reference.Value : throw new InvalidOperationException($"{n} makes no reference.");

    private static string IbanOf(int customer) => Iban.FromAccount("DE", $"10000000{customer:0000000000}").Value;

    /// <summary>Two words that no other customer has both of.</summary>
    private static string NameOf(int customer) => $"{Word(customer % 4_096)} {Word(4_095 - customer / 4_096 * 131)}";

    private static string Word(int number) => Syllables[number % 16] + Syllables[number / 16 % 16] + Syllables[number / 256 % 16];

    private sealed record Booked(long Minor, DateOnly BookedOn)
    {
        public string? EndToEndId { get; init; }
        public string? BankReference { get; init; }
        public string? CustomerReference { get; init; }
        public string? Remittance { get; init; }
        public int? Customer { get; init; }
        public bool NameOnly { get; init; }
    }
}
