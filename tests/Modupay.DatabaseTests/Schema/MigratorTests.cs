using Npgsql;

namespace Modupay.DatabaseTests.Schema;

public sealed class MigratorTests
{
    private static readonly Migration First = new(1, "0001_first", "create schema shop; create table shop.things (id int)");
    private static readonly Migration Second = new(2, "0002_second", "create table shop.others (id int)");

    [Fact]
    public async Task Migrations_are_applied_once_and_in_order()
    {
        var (fixture, database) = await EmptyAsync();
        Assert.Equal(["0001_first"], await fixture.MigrateAsync(database, [First]));
        Assert.Equal(["0002_second"], await fixture.MigrateAsync(database, [First, Second]));
        Assert.Empty(await fixture.MigrateAsync(database, [First, Second]));
    }

    [Fact]
    public async Task An_edited_migration_is_refused()
    {
        var (fixture, database) = await EmptyAsync();
        await fixture.MigrateAsync(database, [First]);
        var refused = await Assert.ThrowsAsync<MigrationException>(() => fixture.MigrateAsync(database, [new(1, First.Name, First.Sql + ";"), Second]));
        Assert.Contains("0001_first", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["0002_second"], await fixture.MigrateAsync(database, [First, Second]));
    }

    [Fact]
    public async Task Line_ends_are_not_an_edit()
    {
        var (fixture, database) = await EmptyAsync();
        await fixture.MigrateAsync(database, [new(1, "0001_first", "create schema shop;\n")]);
        Assert.Empty(await fixture.MigrateAsync(database, [new(1, "0001_first", "create schema shop;\r\n")]));
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_left_alone()
    {
        var (fixture, database) = await EmptyAsync();
        await fixture.MigrateAsync(database, [First, Second]);
        var refused = await Assert.ThrowsAsync<MigrationException>(() => fixture.MigrateAsync(database, [First]));
        Assert.Contains("0002", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_migration_that_fails_leaves_nothing_behind()
    {
        var (fixture, database) = await EmptyAsync();
        var broken = new Migration(2, Second.Name, "create table shop.others (id int); select 1 / 0");
        var failed = await Assert.ThrowsAsync<MigrationException>(() => fixture.MigrateAsync(database, [First, broken]));
        Assert.Contains("0002_second", failed.Message, StringComparison.Ordinal);
        Assert.Equal(["0002_second"], await fixture.MigrateAsync(database, [First, Second]));
    }

    [Fact]
    public async Task A_password_that_many_set_at_once_is_set_by_each_in_turn()
    {
        var (fixture, database) = await EmptyAsync();
        await fixture.MigrateAsync(database, [First]);
        await using var owner = NpgsqlDataSource.Create(fixture.Server.ConnectionString(database, "modupay_owner", ""));
        for (var round = 0; round < 5; round++)
        {
            await AtOnce.RunAsync(async i =>
            {
                await using var connection = await owner.OpenConnectionAsync();
                await using var transaction = await connection.BeginTransactionAsync();
                // A role of its own: the server is shared with every other test.
                await DatabaseRoles.EnsureAsync(connection, new RoleLogin("turn_taker", new("turn_taker", $"password {i}")), default);
                await transaction.CommitAsync();
                return i;
            });
        }
    }

    [Fact]
    public async Task Two_migrators_at_once_do_the_work_once()
    {
        var (fixture, database) = await EmptyAsync();
        var slow = new Migration(1, First.Name, First.Sql + "; select pg_sleep(0.3)");
        var applied = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => fixture.MigrateAsync(database, [slow, Second])));
        Assert.Equal(["0001_first", "0002_second"], applied.SelectMany(names => names).Order(StringComparer.Ordinal));
    }

    private static async Task<(DatabaseFixture Fixture, string Database)> EmptyAsync()
    {
        var fixture = await DatabaseFixture.SharedAsync();
        return (fixture, await fixture.EmptyAsync());
    }
}
