using Npgsql;

namespace Modupay.DatabaseTests;

public sealed class UnitOfWorkTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    [Fact]
    public async Task A_text_that_PostgreSQL_cannot_keep_is_stopped_before_it_and_harms_no_later_statement()
    {
        const string Sql = "select upper($1)";
        Assert.Equal("AB", await SayAsync("ab"));
        // The second time a statement is seen it is prepared, and that is when it must not fail.
        await Assert.ThrowsAnyAsync<Exception>(() => SayAsync("a\0b"));
        Assert.Equal("AB", await SayAsync("ab"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => database.App.ListAsync(new TenantId(Guid.Empty), "select cardinality($1)", [new[] { "a", "\0" }], row => row.GetInt32(0), default));

        async Task<string> SayAsync(string text) => (await database.App.ListAsync(new TenantId(Guid.Empty), Sql, [text], row => row.GetString(0), default))[0];
    }

    [Fact]
    public async Task A_transaction_that_failed_in_the_middle_is_never_taken_for_committed()
    {
        var tenant = await database.TenantAsync();
        await Assert.ThrowsAsync<PostgresException>(() => database.App.TransactAsync<bool>(tenant, async unit =>
        {
            // Whoever swallows an error inside a transaction must not be told that it was committed.
            await Assert.ThrowsAsync<PostgresException>(() => unit.ExecuteAsync("select 1 / 0", [], default));
            return true;
        }, default));
    }

    [Fact]
    public async Task A_connection_is_in_no_transaction_when_it_comes_back_to_the_pool()
    {
        var tenant = await database.TenantAsync();
        for (var i = 0; i < 5; i++) await database.App.TransactAsync<bool>(tenant, _ => Task.FromResult<Result<bool>>(true), default);
        Assert.Equal(0, await database.ScalarAsync<long>($"select count(*) from pg_stat_activity where datname = '{database.Name}' and state like 'idle in transaction%'"));
    }
}
