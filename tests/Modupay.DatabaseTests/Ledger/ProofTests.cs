using System.Diagnostics;
using Modupay.Ledger;
using Modupay.Ledger.Proof;

namespace Modupay.DatabaseTests.Ledger;

public sealed class ProofTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private static readonly Currency Eur = Currency.Known("EUR");

    [Fact]
    public async Task An_untouched_ledger_has_no_findings_and_every_journal_is_sealed_once()
    {
        var tenant = await SealedAsync();
        var report = await VerifyAsync(tenant);
        Assert.Empty(report.Findings);
        Assert.Equal((9, 3), (report.Journals, report.Blocks));
        Assert.Null((await database.App.TransactAsync<SealAnswer>(tenant, async unit => new SealAnswer(await Sealing.SealAsync(unit, default)), default)).Value.Block);
    }

    public static TheoryData<string, string> Tampering => new()
    {
        { "update ledger.journals set description = 'for the mayor' where tenant_id = $t and source = 'p:4'", "journal_altered" },
        { "update ledger.journals set effective_on = effective_on - 1 where tenant_id = $t and source = 'p:4'", "journal_altered" },
        { "update ledger.postings set amount_minor = amount_minor * 2 where tenant_id = $t and journal_id = (select journal_id from ledger.journals where tenant_id = $t and source = 'p:4')", "journal_altered" },
        { "update ledger.postings set amount_minor = amount_minor * 2 where tenant_id = $t and journal_id = (select journal_id from ledger.journals where tenant_id = $t and source = 'p:4')", "balance_wrong" },
        { "update ledger.postings set amount_minor = amount_minor + 1 where tenant_id = $t and line = 1", "journal_unbalanced" },
        { "update ledger.postings set account_id = (select account_id from ledger.accounts where tenant_id = $t and code = 'c'), version = 1, after_minor = amount_minor where tenant_id = $t and line = 2 and version = 1", "journal_altered" },
        { "update ledger.balances set posted_credits = posted_credits + 1 where tenant_id = $t", "balance_wrong" },
        { "delete from ledger.postings where tenant_id = $t and journal_id = (select journal_id from ledger.journals where tenant_id = $t and source = 'p:4')", "account_history_broken" },
        { "delete from ledger.journals where tenant_id = $t and source = 'p:4'", "posting_without_journal" },
        { "delete from ledger.blocks where tenant_id = $t and number = 2", "chain_broken" },
        { "delete from ledger.block_journals where tenant_id = $t and number = 2 and position = 0", "journal_outside_the_chain" },
        { "delete from ledger.blocks where tenant_id = $t and number = 3; delete from ledger.block_journals where tenant_id = $t and number = 3", "head_broken" },
        { "update ledger.heads set root = sha256('x') where tenant_id = $t", "head_broken" },
        { "update ledger.heads set signature = sha256('x') where tenant_id = $t", "head_forged" },
        { "update ledger.heads set key_id = 'mine' where tenant_id = $t", "head_forged" },
        { "update ledger.blocks set journals = journals + 1 where tenant_id = $t and number = 2", "chain_broken" },
        { "update ledger.blocks set sealed_at = sealed_at - interval '1 day' where tenant_id = $t and number = 2", "chain_broken" },
        { "update ledger.blocks set hash = sha256('x') where tenant_id = $t and number = 3", "chain_broken" },
        { "insert into ledger.journals select tenant_id, uuidv7(), 'forged', digest, kind, effective_on, recorded_at, description, null, null from ledger.journals where tenant_id = $t and source = 'p:4'", "journal_outside_the_chain" },
        { "update ledger.balances set version = version + 1 where tenant_id = $t", "balance_wrong" },
        { "delete from ledger.holds where tenant_id = $t", "hold_lost" },
        { "delete from ledger.unsealed where tenant_id = $t", "journal_outside_the_chain" },
    };

    [Theory, MemberData(nameof(Tampering))]
    public async Task What_a_superuser_changes_is_found(string tampering, string finding)
    {
        var tenant = await SealedAsync();
        await PostAsync(tenant, new Journal("later", new(2026, 3, 2), "", [new("a", new(1, Eur)), new("b", new(-1, Eur))]).AsHold());
        Assert.Empty((await VerifyAsync(tenant)).Findings);
        await database.AsSuperuserAsync(tampering.Replace("$t", $"'{tenant.Value}'", StringComparison.Ordinal));
        Assert.Contains(finding, (await VerifyAsync(tenant)).Findings.Select(item => item.Kind));
    }

    [Fact]
    public async Task A_receipt_is_believed_by_a_program_that_knows_nothing_of_us_and_a_forged_one_is_not()
    {
        var tenant = await SealedAsync();
        var journal = (await database.App.ReadAsync(tenant, session => Journals.FindBySourceAsync(session, "p:5", default), default))!;
        var receipt = (await database.App.ReadAsync(tenant, session => Receipt.OfAsync(session, journal.Id, default), default))!;
        var folder = Directory.CreateTempSubdirectory("modupay-receipt-").FullName;
        var file = Path.Combine(folder, "receipt.json");
        await File.WriteAllTextAsync(Path.Combine(folder, "key.pem"), TestSigner.PublicKey.Pem);

        await File.WriteAllTextAsync(file, receipt.ToJsonString());
        Assert.StartsWith("TRUE", await CheckAsync(folder));

        await File.WriteAllTextAsync(file, receipt.ToJsonString().Replace("p:5", "p:6", StringComparison.Ordinal));
        Assert.StartsWith("FALSE: the journal", await CheckAsync(folder));

        receipt["head"]!["signature"] = Convert.ToBase64String(new byte[70]);
        await File.WriteAllTextAsync(file, receipt.ToJsonString());
        Assert.StartsWith("FALSE: the head", await CheckAsync(folder));
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<string> CheckAsync(string folder)
    {
        var script = Repository.Path("src", "Modupay", "Ledger", "Proof", "verify-receipt.mjs");
        using var process = Process.Start(new ProcessStartInfo("node", [script, "receipt.json", "key.pem"]) { UseShellExecute = false, WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return said;
    }

    /// <summary>Nine journals in three blocks, and a signed head over all of them.</summary>
    private async Task<TenantId> SealedAsync()
    {
        var tenant = await database.TenantAsync();
        await database.App.TransactAsync<bool>(tenant, async unit =>
        {
            await LedgerDoor.OpenAccountsAsync(unit, [new("a", "", Eur, NormalSide.Debit), new("b", "", Eur, NormalSide.Credit), new("c", "", Eur, NormalSide.Credit)], default);
            return true;
        }, default);
        for (var number = 0; number < 9; number++)
        {
            await PostAsync(tenant, new Journal($"p:{number}", new(2026, 3, 2), "A\ttab and a \\", [new("a", new(10 + number, Eur)), new("b", new(-10 - number, Eur))]));
            if (number % 3 == 2) await database.App.TransactAsync<SealAnswer>(tenant, async unit => new SealAnswer(await Sealing.SealAsync(unit, default)), default);
        }
        await database.App.TransactAsync<bool>(tenant, async unit => await Sealing.SignAsync(unit, new TestSigner(), await unit.ListAsync(BlockSql.All, [tenant.Value], Block.Read, default), default) is not null, default);
        return tenant;
    }

    private Task<Result<Posted>> PostAsync(TenantId tenant, Journal journal) => database.App.TransactAsync(tenant, unit => LedgerDoor.PostAsync(unit, journal, default), default);

    private Task<VerificationReport> VerifyAsync(TenantId tenant) => database.App.ReadAsync(tenant, session => Verification.RunAsync(session, TestSigner.PublicKey, [], default), default);

    private sealed record SealAnswer(Block? Block);
}
