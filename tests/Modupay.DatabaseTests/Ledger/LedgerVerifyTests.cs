using System.Text.Json.Nodes;
using Modupay.Ledger;
using Modupay.Ledger.Proof;
using Modupay.Local.Cloud;
using Modupay.Local.Verbs;

namespace Modupay.DatabaseTests.Ledger;

/// <summary>The verb <c>ledger verify</c> against a database, as an auditor runs it.</summary>
public sealed class LedgerVerifyTests
{
    private static readonly Currency Eur = Currency.Known("EUR");

    [Fact]
    public async Task Every_ledger_is_checked_and_a_tampered_one_is_named_and_is_the_exit_code()
    {
        var database = await FreshDatabase.CreateAsync();
        var (good, bad) = (await LedgerAsync(database), await LedgerAsync(database));

        var (code, said) = await RunAsync(database, null, json: false);
        Assert.True(code == 0, said);
        Assert.Contains("ledgers are intact.", said);

        await database.AsSuperuserAsync($"update ledger.journals set description = 'for the mayor' where tenant_id = '{bad.Value}'");
        (code, said) = await RunAsync(database, null, json: true);
        Assert.Equal(2, code);
        var report = JsonNode.Parse(said)!;
        Assert.False((bool)report["intact"]!);
        Assert.Equal("journal_altered", (string)report["tenants"]!.AsArray().Single(tenant => (string)tenant!["tenant"]! == bad.ToString())!["findings"]![0]!["kind"]!);
        Assert.Empty(report["tenants"]!.AsArray().Single(tenant => (string)tenant!["tenant"]! == good.ToString())!["findings"]!.AsArray());

        Assert.Equal(0, (await RunAsync(database, good, json: false)).Code);
        Assert.Equal(2, (await RunAsync(database, bad, json: false)).Code);
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_folder_without_a_platform_is_named_and_left_as_it_is()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"modupay-nothing-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}");
        var refused = await Assert.ThrowsAsync<CannotStartException>(() => Verb.RunAsync(["ledger", "verify", "--data", folder], default));
        Assert.Equal($"There is no platform in {folder}: start one with 'up', or say with --data where it is.", refused.Message);
        await Assert.ThrowsAsync<CannotStartException>(() => Verb.RunAsync(["audit", "verify", "--data", folder], default));
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task Heads_that_were_copied_elsewhere_tell_of_a_chain_that_was_cut_off()
    {
        var database = await FreshDatabase.CreateAsync();
        var tenant = await LedgerAsync(database);
        var folder = Directory.CreateTempSubdirectory("modupay-heads-").FullName;
        var head = (await database.App.TransactAsync<SignedHead>(tenant, async unit =>
            new SignedHead((await Sealing.SignAsync(unit, new TestSigner(), await unit.ListAsync(BlockSql.All, [tenant.Value], Block.Read, default), default))!), default)).Value.Head;
        Directory.CreateDirectory(Path.Combine(folder, tenant.ToString()));
        await File.WriteAllTextAsync(Path.Combine(folder, tenant.ToString(), "000000000001.json"),
            System.Text.Json.JsonSerializer.Serialize(KeptHead.Of(tenant, head, TestSigner.PublicKey), LedgerJson.Default.KeptHead));
        var key = Path.Combine(folder, "key.pem");
        await File.WriteAllTextAsync(key, TestSigner.PublicKey.Pem);
        var trust = await FileTrust.ReadAsync(key, folder, default);
        Assert.Equal(0, (await RunAsync(database, tenant, json: false, trust)).Code);

        // The whole ledger of the tenant goes: what is left is in order, and empty.
        foreach (var table in new[] { "heads", "block_journals", "blocks", "unsealed", "postings", "journals", "holds" })
            await database.AsSuperuserAsync($"delete from ledger.{table} where tenant_id = '{tenant.Value}'");
        await database.AsSuperuserAsync($"update ledger.balances set version = 0, posted_debits = 0, posted_credits = 0 where tenant_id = '{tenant.Value}'");
        Assert.Equal(0, (await RunAsync(database, tenant, json: false)).Code);
        var (code, said) = await RunAsync(database, tenant, json: false, trust);
        Assert.Equal(2, code);
        Assert.Contains("head_broken", said);
        Directory.Delete(folder, recursive: true);
        await database.DisposeAsync();
    }

    private static async Task<(int Code, string Said)> RunAsync(FreshDatabase database, TenantId? one, bool json, IHeadTrust? trust = null)
    {
        var said = new StringWriter();
        var code = await LedgerVerify.VerifyAsync(database.ConnectionString("postgres"), one, trust ?? new FileTrust(null, null), json, said, default);
        return (code, said.ToString());
    }

    /// <summary>Two journals in one block.</summary>
    private static async Task<TenantId> LedgerAsync(FreshDatabase database)
    {
        var tenant = await database.TenantAsync();
        await database.App.TransactAsync<bool>(tenant, async unit =>
        {
            await LedgerDoor.OpenAccountsAsync(unit, [new("a", "", Eur, NormalSide.Debit), new("b", "", Eur, NormalSide.Credit)], default);
            return true;
        }, default);
        foreach (var source in new[] { "p:1", "p:2" })
            await LedgerDoor.PostAloneAsync(database.App, tenant, [[new Journal(source, new(2026, 3, 2), "", [new("a", new(5, Eur)), new("b", new(-5, Eur))])]], default);
        await LedgerUpkeep.RunAsync(database.App, tenant, default);
        return tenant;
    }

    private sealed record SignedHead(Head Head);
}
