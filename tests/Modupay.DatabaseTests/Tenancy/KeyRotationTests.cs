using System.Security.Cryptography;
using Modupay.Banking.Accounts;
using Modupay.Formats;
using Modupay.Tenancy;

namespace Modupay.DatabaseTests.Tenancy;

public sealed class KeyRotationTests : IAsyncLifetime
{
    private static readonly Actor Owner = new(Actor.User, "usr_1", null, null);
    private VaultScene _scene = null!;

    public async Task InitializeAsync() => _scene = await VaultScene.StartAsync();

    public async Task DisposeAsync() => await _scene.DisposeAsync();

    [Fact]
    public async Task What_was_sealed_before_stays_readable_and_is_sealed_again_and_then_the_old_key_is_destroyed()
    {
        var accounts = await AccountsAsync(1200);
        await RotateAsync();

        // The process that has not heard of the new version goes on with the old one, and nothing is destroyed under it.
        var stale = await _scene.Rotation().RunAsync(_scene.Tenant, default);
        Assert.Equal((0, 0), (stale.SealedAgain, stale.Destroyed.Count));

        _scene.Clock.Advance(KeyRotation.Settled);
        var done = await _scene.Rotation().RunAsync(_scene.Tenant, default);
        Assert.Equal(1200, done.SealedAgain);
        Assert.Equal([1], done.Destroyed);
        Assert.Equal(0, (await _scene.Rotation().RunAsync(_scene.Tenant, default)).SealedAgain);

        foreach (var (id, iban) in accounts.Take(3))
            Assert.Equal(iban, await _scene.AnotherProcess().OpenTextAsync(_scene.Tenant, TreasuryAccount.IbanField, await SealedAsync(id), default));
        Assert.Equal(["look_up 1", "seal 1 destroyed", "seal 2"], await _scene.Fresh.LinesAsync(
            "select purpose || ' ' || version || case when wrapped is null then ' destroyed' else '' end from tenancy.data_keys order by 1"));
        Assert.Equal(["data_key.rotated", "data_key.destroyed"], await _scene.Fresh.LinesAsync("select action from audit.entries order by sequence"));
    }

    [Fact]
    public async Task Rows_that_traffic_changes_meanwhile_are_left_as_traffic_wrote_them()
    {
        var accounts = await AccountsAsync(600);
        await RotateAsync();
        _scene.Clock.Advance(KeyRotation.Settled);
        var run = _scene.Rotation().RunAsync(_scene.Tenant, default);
        var cipher = _scene.AnotherProcess();
        foreach (var (id, _) in accounts.Take(100))
            await _scene.Database.ExecuteAsync(_scene.Tenant, "update banking.treasury_accounts set iban_sealed = $2 where treasury_account_id = $1",
                [id.Value, await cipher.SealAsync(_scene.Tenant, TreasuryAccount.IbanField, "changed", default)], default);
        await run;
        await _scene.Rotation().RunAsync(_scene.Tenant, default);
        foreach (var (id, _) in accounts.Take(100)) Assert.Equal("changed", await cipher.OpenTextAsync(_scene.Tenant, TreasuryAccount.IbanField, await SealedAsync(id), default));
        foreach (var (id, iban) in accounts.Skip(100)) Assert.Equal(iban, await cipher.OpenTextAsync(_scene.Tenant, TreasuryAccount.IbanField, await SealedAsync(id), default));
        Assert.Equal(1L, await _scene.Fresh.ScalarAsync<long>("select count(*) from tenancy.data_keys where purpose = 'seal' and wrapped is not null"));
    }

    [Fact]
    public async Task An_old_key_is_kept_as_long_as_one_value_needs_it()
    {
        await AccountsAsync(3);
        await RotateAsync();
        _scene.Clock.Advance(KeyRotation.Settled);
        // A column that is on the list and is not sealed again.
        var stuck = SealedFields.All.Select(field => field with { Swap = null }).ToList();
        var done = await new KeyRotation(_scene.Database, _scene.AnotherProcess(), stuck).RunAsync(_scene.Tenant, default);
        Assert.Equal((0, 0), (done.SealedAgain, done.Destroyed.Count));
    }

    [Fact]
    public async Task A_key_is_rotated_after_a_year_without_being_asked()
    {
        await AccountsAsync(1);
        _scene.Clock.Advance(TimeSpan.FromDays(364));
        await _scene.Rotation(_scene.AnotherProcess()).RunAsync(_scene.Tenant, default);
        Assert.Equal(1L, await _scene.Fresh.ScalarAsync<long>("select count(*) from tenancy.data_keys where purpose = 'seal'"));
        _scene.Clock.Advance(TimeSpan.FromDays(1));
        await _scene.Rotation(_scene.AnotherProcess()).RunAsync(_scene.Tenant, default);
        Assert.Equal(2L, await _scene.Fresh.ScalarAsync<long>("select count(*) from tenancy.data_keys where purpose = 'seal'"));
    }

    [Fact]
    public async Task A_key_that_is_not_in_use_everywhere_yet_is_not_replaced()
    {
        await AccountsAsync(1);
        var refused = await _scene.Database.TransactAsync(_scene.Tenant, unit => _scene.Rotation().RotateAsync(unit, Owner, default), default);
        Assert.Equal(Errors.DataKeyTooYoung, refused.Problem?.Error);
    }

    [Fact]
    public async Task A_sealed_value_opens_for_its_own_tenant_and_field_only()
    {
        var value = await _scene.Cipher.SealAsync(_scene.Tenant, "a.b", "secret", default);
        var other = await _scene.Fresh.TenantAsync();
        await Assert.ThrowsAnyAsync<CryptographicException>(() => _scene.Cipher.OpenTextAsync(_scene.Tenant, "a.c", value, default));
        await Assert.ThrowsAnyAsync<CryptographicException>(() => _scene.Cipher.OpenTextAsync(other, "a.b", value, default));
        value[^1] ^= 1;
        await Assert.ThrowsAnyAsync<CryptographicException>(() => _scene.Cipher.OpenTextAsync(_scene.Tenant, "a.b", value, default));
    }

    [Fact]
    public async Task Every_sealed_column_of_the_schema_is_on_the_list_and_the_list_names_no_other()
    {
        var columns = await _scene.Fresh.LinesAsync("""
            select table_schema || '.' || table_name || '.' || column_name from information_schema.columns where column_name ~ '_sealed$' and data_type = 'bytea' order by 1
            """);
        Assert.Equal(columns, SealedFields.All.Select(field => $"{field.Table}.{field.Column}").Order(StringComparer.Ordinal));
    }

    private async Task RotateAsync()
    {
        _scene.Clock.Advance(KeyRotation.Settled);
        // So that this process remembers the version before.
        await _scene.Cipher.SealAsync(_scene.Tenant, "warm.up", "x", default);
        Assert.Null((await _scene.Database.TransactAsync(_scene.Tenant, unit => _scene.Rotation().RotateAsync(unit, Owner, default), default)).Problem);
    }

    private async Task<List<(TreasuryAccountId Id, string Iban)>> AccountsAsync(int count)
    {
        var bank = await _scene.BankAsync();
        var accounts = new List<(TreasuryAccountId Id, string Iban)>();
        foreach (var number in Enumerable.Range(1, count))
        {
            var iban = Iban.FromAccount("DE", number.ToString().PadLeft(18, '0')).Value;
            var id = Id.InOrder<TreasuryAccountId>(_scene.Clock.GetUtcNow(), (uint)number);
            await _scene.Database.ExecuteAsync(_scene.Tenant, BankAccountSql.InsertTreasuryAccount, [id.Value, _scene.Tenant.Value, bank.Value, $"Account {number}", "EUR",
                await _scene.Cipher.SealAsync(_scene.Tenant, TreasuryAccount.IbanField, iban, default), await _scene.Cipher.LookUpHashAsync(_scene.Tenant, iban, default), "masked", 1L, false, null, _scene.Clock.GetUtcNow(), TreasuryAccount.Statement], default);
            accounts.Add((id, iban));
        }
        return accounts;
    }

    private async Task<byte[]> SealedAsync(TreasuryAccountId id) =>
        (await _scene.Database.ListAsync(_scene.Tenant, BankAccountSql.FindTreasuryAccount, [id.Value], TreasuryAccount.Read, default))[0].IbanSealed;
}
