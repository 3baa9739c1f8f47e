using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Data;
using Modupay.Kernel;
using Modupay.Ledger;
using Modupay.Local.Cloud;
using Modupay.Tenancy;
using Npgsql;

namespace Modupay.Local.Bench;

/// <summary>A durable PostgreSQL with the ledger and, beside it, the least schema that can keep a transfer.</summary>
internal sealed class LedgerBenchDatabase : IAsyncDisposable
{
    private const int HotShards = 64;
    /// <summary>The limit takes its locks in order only as long as the join keeps the order of the accounts; without this it deadlocks.</summary>
    private const string LimitOptions = "-c enable_hashjoin=off -c enable_mergejoin=off";
    private static readonly Currency Xof = Currency.Known("XOF");
    private static readonly DateOnly Today = new(2026, 3, 2);

    private const string LimitSchema = """
        create schema bench;
        create table bench.balances (account_id bigint primary key, debits bigint not null default 0, credits bigint not null default 0) with (fillfactor = 50);
        create table bench.transfers (transfer_id uuid primary key, source text not null, at timestamptz not null);
        create table bench.entries (transfer_id uuid not null, line int not null, account_id bigint not null, amount_minor bigint not null, primary key (transfer_id, line));
        create index on bench.entries (account_id, transfer_id);
        insert into bench.balances (account_id) select generate_series(0, 1000);
        grant usage on schema bench to modupay_app;
        grant all on all tables in schema bench to modupay_app
        """;

    /// <summary>One statement for one transfer or for thousands, as in the ledger itself.</summary>
    private const string Limit = """
        with given as (select * from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) as given (id, source, debit, credit, amount)),
        transfer as (insert into bench.transfers select id, source, now() from given),
        entry as (
            insert into bench.entries
            select id, 1, debit, amount from given union all select id, 2, credit, -amount from given
        )
        update bench.balances as balance set debits = balance.debits + change.debits, credits = balance.credits + change.credits
        from (select account_id, sum(debit)::bigint as debits, sum(credit)::bigint as credits
              from (select debit as account_id, amount as debit, 0 as credit from given union all select credit, 0, amount from given) as line
              group by account_id order by account_id) as change
        where balance.account_id = change.account_id
        """;

    /// <summary>The limit for one transfer as pgbench runs it.</summary>
    public const string PgBenchSpread = """
        \set debit random(0, 999)
        \set credit (:debit + random(1, 998)) % 1000
        \set amount random(1, 1000)

        """ + PgBenchTransfer;

    public const string PgBenchHot = """
        \set debit 1000
        \set credit random(0, 999)
        \set amount random(1, 1000)

        """ + PgBenchTransfer;

    private const string PgBenchTransfer = """
        with given as (select uuidv7() as id, 'bench' as source, :debit ::bigint as debit, :credit ::bigint as credit, :amount ::bigint as amount),
        transfer as (insert into bench.transfers select id, source, now() from given),
        entry as (insert into bench.entries select id, 1, debit, amount from given union all select id, 2, credit, -amount from given)
        update bench.balances as balance set debits = balance.debits + change.debits, credits = balance.credits + change.credits
        from (select * from (select debit as account_id, amount as debits, 0 as credits from given union all select credit, 0, amount from given) as line order by account_id) as change
        where balance.account_id = change.account_id;
        """;

    private readonly BenchPostgres _postgres;
    private readonly NpgsqlDataSource _limit;
    private readonly LedgerWriter _writer;
    private readonly int _accounts;
    private long _number;
    private long _postings;

    private LedgerBenchDatabase(BenchPostgres postgres, int accounts)
    {
        (_postgres, _limit, _accounts) = (postgres, postgres.Open(LimitOptions), accounts);
        _writer = new LedgerWriter(postgres.Database);
    }

    private Database Database => _postgres.Database;

    private TenantId Tenant => _postgres.Tenant;

    public static async Task<LedgerBenchDatabase> StartAsync(int accounts, CancellationToken ct)
    {
        var postgres = await BenchPostgres.StartAsync(ct);
        await postgres.AsSuperuserAsync(LimitSchema, ct);
        await postgres.Database.TransactAsync<bool>(postgres.Tenant, async unit =>
        {
            await Chart.AddAsync(unit, [Chart.Anything], template: null, ct);
            var opened = Enumerable.Range(0, accounts).Select(i => new NewAccount($"wallet/{i}", "", Xof, NormalSide.Credit)).ToList();
            await LedgerDoor.OpenAccountsAsync(unit, [.. opened, new NewAccount("hot", "", Xof, NormalSide.Debit, Shards: HotShards)], ct);
            return true;
        }, ct);
        return new(postgres, accounts);
    }

    public PgBench? PgBench => PgBench.Find(_postgres.ConnectionString(LimitOptions));

    /// <summary>How many postings the ledger has.</summary>
    public long Postings => Interlocked.Read(ref _postings);

    public Task EmptyLimitAsync(CancellationToken ct) => _postgres.AsSuperuserAsync("truncate bench.transfers, bench.entries", ct);

    public async Task LimitAsync(int client, bool hot) => await LimitAsync([Pick(client, hot)]);

    public async Task LimitBatchAsync(int client, int size) => await LimitAsync([.. Enumerable.Range(0, size).Select(_ => Pick(client, hot: false))]);

    public async Task PostAsync(int client, bool hot) => Prove(await LedgerDoor.PostAloneAsync(Database, Tenant, [[Journal(Pick(client, hot))]], default));

    public async Task PostBatchAsync(int client, int size, bool hot = false) =>
        Prove(await LedgerDoor.PostAloneAsync(Database, Tenant, [.. Enumerable.Range(0, size).Select(_ => new[] { Journal(Pick(client, hot)) })], default));

    public async Task PostInTransactionAsync(int client) =>
        Prove([await Database.TransactAsync(Tenant, unit => LedgerDoor.PostAsync(unit, Journal(Pick(client, hot: false)), default), default)]);

    public async Task GroupAsync(int client, bool hot) => Prove([await _writer.PostAsync(Tenant, Journal(Pick(client, hot)), default)]);

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await _limit.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    private async Task LimitAsync(IReadOnlyList<(long Number, int Debit, int Credit, long Amount)> transfers)
    {
        await using var command = _limit.CreateCommand(Limit);
        command.Parameters.Add(new() { Value = transfers.Select(_ => Guid.CreateVersion7(TimeProvider.System.GetUtcNow())).ToArray() });
        command.Parameters.Add(new() { Value = transfers.Select(transfer => $"bench:{transfer.Number}").ToArray() });
        command.Parameters.Add(new() { Value = transfers.Select(transfer => (long)transfer.Debit).ToArray() });
        command.Parameters.Add(new() { Value = transfers.Select(transfer => (long)transfer.Credit).ToArray() });
        command.Parameters.Add(new() { Value = transfers.Select(transfer => transfer.Amount).ToArray() });
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The hot account is the last one: every client debits it, and credits an account of its own choice.</summary>
    private (long Number, int Debit, int Credit, long Amount) Pick(int client, bool hot)
    {
        var number = Interlocked.Increment(ref _number);
        var credit = (int)((number * 7919 + client) % _accounts);
        return (number, hot ? _accounts : (credit + 1 + (int)(number % (_accounts - 1))) % _accounts, credit, 1 + number % 1000);
    }

    private Journal Journal((long Number, int Debit, int Credit, long Amount) transfer) => new($"bench:{transfer.Number}", Today, "",
    [
        new(transfer.Debit == _accounts ? "hot" : $"wallet/{transfer.Debit}", new(transfer.Amount, Xof)),
        new($"wallet/{transfer.Credit}", new(-transfer.Amount, Xof)),
    ]);

    private void Prove(IReadOnlyList<Result<Posted>> outcomes)
    {
        Interlocked.Add(ref _postings, 2 * outcomes.Count);
        foreach (var outcome in outcomes)
            if (outcome.Value != Posted.New) throw new InvalidOperationException("A transfer of the bench was not new.");
    }
}
