using Modupay.Audit;
using Modupay.DatabaseTests.Ledger;
using Modupay.Ledger.Proof;
using Npgsql;

namespace Modupay.DatabaseTests.Audit;

public sealed class AuditLogTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private static readonly Actor Someone = new(Actor.ApiKey, "key_1", "203.0.113.7", "req_1");

    [Fact]
    public async Task An_entry_is_committed_with_its_action_and_only_with_it()
    {
        var tenant = await database.TenantAsync();
        await RecordAsync(tenant, "po_1");
        await database.App.TransactAsync<bool>(tenant, unit =>
        {
            AuditLog.Record(unit, Someone, AuditActions.PayoutCreated, "po_refused");
            return Task.FromResult<Result<bool>>(new Problem(Errors.PayoutState, "Not now."));
        }, default);

        var entry = Assert.Single(await EntriesAsync(tenant));
        Assert.Equal((1, Someone, "payout.created", "payout", "po_1"), (entry.Sequence, entry.Entry.Actor, entry.Entry.Action, entry.Entry.TargetType, entry.Entry.TargetId));
        Assert.Equal("""{"state":{"before":"created","after":"approved"}}""", entry.Entry.Changes);
        Assert.Equal(Block.BeforeTheFirst, entry.Previous);
    }

    [Fact]
    public async Task An_account_number_in_a_name_is_masked_before_it_is_kept()
    {
        var tenant = await database.TenantAsync();
        await database.App.TransactAsync<bool>(tenant, unit =>
        {
            AuditLog.Record(unit, Someone, AuditActions.TreasuryAccountCreated, "ta_1", Change.Set("name", "DE89 3704 0044 0532 0130 00"));
            return Task.FromResult<Result<bool>>(true);
        }, default);
        Assert.DoesNotContain("3704", (await EntriesAsync(tenant))[0].Entry.Changes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_who_act_at_once_make_one_chain_without_a_gap()
    {
        var tenant = await database.TenantAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async writer =>
        {
            for (var i = 0; i < 10; i++) await RecordAsync(tenant, $"po_{writer}_{i}");
        }));
        Assert.Equal(Enumerable.Range(1, 80).Select(i => (long)i), (await EntriesAsync(tenant)).Select(entry => entry.Sequence));
        Assert.Empty((await VerifyAsync(tenant)).Findings);
    }

    [Fact]
    public async Task Recording_holds_nobody_up_before_the_commit()
    {
        var tenant = await database.TenantAsync();
        await RecordAsync(tenant, "po_first");
        // Each has recorded while the other is still at work; were the end of the chain locked by then, neither would get on.
        var both = new Barrier(2);
        await Task.WhenAll(ActAsync(1), ActAsync(2)).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(3, (await EntriesAsync(tenant)).Count);

        Task ActAsync(int who) => Task.Run(() => database.App.TransactAsync<bool>(tenant, async unit =>
        {
            AuditLog.Record(unit, Someone, AuditActions.PayoutApproved, $"po_{who}");
            await unit.ListAsync("select 1", [], row => row.GetInt32(0), default);
            both.SignalAndWait();
            return true;
        }, default));
    }

    [Fact]
    public async Task The_application_may_add_to_the_log_by_its_one_function_and_nothing_else()
    {
        var tenant = await database.TenantAsync();
        await RecordAsync(tenant, "po_1");
        foreach (var sql in new[]
        {
            "insert into audit.entries (tenant_id) values ($t)", "update audit.entries set actor_id = 'x'", "delete from audit.entries", "truncate audit.entries",
            "update audit.heads set sequence = 0", "delete from audit.heads", "delete from audit.anchors", "insert into audit.anchors (tenant_id) values ($t)",
        })
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => database.AsAsync("modupay_app", $"set app.tenant = '{tenant.Value}'; " + sql.Replace("$t", $"'{tenant.Value}'", StringComparison.Ordinal)));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }
        // The trigger also stops the owner.
        var stopped = await Assert.ThrowsAsync<PostgresException>(() => database.AsAsync("modupay_owner", $"set app.tenant = '{tenant.Value}'; update audit.entries set actor_id = 'x'"));
        Assert.Equal(PostgresErrorCodes.RestrictViolation, stopped.SqlState);
    }

    [Fact]
    public async Task One_organization_does_not_see_the_log_of_another()
    {
        var (one, other) = (await database.TenantAsync(), await database.TenantAsync());
        await RecordAsync(one, "po_1");
        Assert.Empty(await EntriesAsync(other));
        Assert.Equal((0, 0), ((await VerifyAsync(other)).Entries, (await VerifyAsync(other)).Head.Sequence));
    }

    public static TheoryData<string, string> Tampering => new()
    {
        { "update audit.entries set actor_id = 'key_2' where sequence = 4", "entry_altered" },
        { "update audit.entries set actor_kind = 'user' where sequence = 4", "entry_altered" },
        { "update audit.entries set address = null where sequence = 4", "entry_altered" },
        { "update audit.entries set request_id = 'req_2' where sequence = 4", "entry_altered" },
        { "update audit.entries set at = at + interval '1 microsecond' where sequence = 4", "entry_altered" },
        { "update audit.entries set action = 'payout.canceled' where sequence = 4", "entry_altered" },
        { "update audit.entries set target_id = 'po_9' where sequence = 4", "entry_altered" },
        { "update audit.entries set changes = '{}' where sequence = 4", "entry_altered" },
        { "update audit.entries set hash = sha256('x') where sequence = 4", "chain_broken" },
        { "update audit.entries set previous = sha256('x') where sequence = 4", "chain_broken" },
        { "delete from audit.entries where sequence = 4", "entry_missing" },
        { "delete from audit.entries where sequence = 1", "entry_missing" },
        { "delete from audit.entries where sequence = 9", "entry_missing" },
        { "delete from audit.entries where sequence = 9; update audit.heads set sequence = 8", "head_wrong" },
        { "delete from audit.entries", "entry_missing" },
        { "delete from audit.heads", "head_wrong" },
        { "update audit.heads set hash = sha256('x')", "head_wrong" },
        // Two neighbours change places.
        { "update audit.entries set sequence = 100 where sequence = 4; update audit.entries set sequence = 4 where sequence = 5; update audit.entries set sequence = 5 where sequence = 100", "entry_altered" },
        // One more at the end, made from another.
        { "insert into audit.entries select tenant_id, 10, gen_random_uuid(), at, actor_kind, actor_id, address, request_id, action, target_type, target_id, changes, null, null, content, hash, hash from audit.entries where sequence = 9", "entry_altered" },
    };

    [Theory, MemberData(nameof(Tampering))]
    public async Task What_a_superuser_changes_is_found(string tampering, string finding)
    {
        // A database of its own, because the statements are not about one tenant.
        var fresh = await FreshDatabase.CreateAsync();
        try
        {
            var tenant = await fresh.TenantAsync();
            for (var i = 1; i <= 9; i++) await RecordAsync(tenant, $"po_{i}", fresh.App);
            Assert.Empty((await VerifyAsync(tenant, on: fresh.App)).Findings);
            await fresh.AsSuperuserAsync(tampering);
            Assert.Contains(finding, (await VerifyAsync(tenant, on: fresh.App)).Findings.Select(item => item.Kind));
        }
        finally
        {
            await fresh.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_log_that_was_cut_off_or_rewritten_consistently_does_not_pass_through_a_remembered_head()
    {
        var tenant = await database.TenantAsync();
        for (var i = 1; i <= 5; i++) await RecordAsync(tenant, $"po_{i}");
        var remembered = (await VerifyAsync(tenant)).Head;
        Assert.True(AuditHead.TryParse(remembered.ToString(), out var parsed));
        Assert.Equal((remembered.Sequence, Convert.ToHexString(remembered.Hash)), (parsed.Sequence, Convert.ToHexString(parsed.Hash)));

        await RewindAsync(tenant, to: 3);
        Assert.Empty((await VerifyAsync(tenant)).Findings);
        Assert.Contains((await VerifyAsync(tenant, remembered)).Findings, finding => finding is { Kind: "entry_missing", Subject: "entries 4 to 5" });

        // Other entries take the place of those that were removed.
        for (var i = 4; i <= 6; i++) await RecordAsync(tenant, $"po_forged_{i}");
        Assert.Empty((await VerifyAsync(tenant)).Findings);
        Assert.Contains((await VerifyAsync(tenant, remembered)).Findings, finding => finding is { Kind: "head_broken", Subject: "entry 5" });
    }

    [Fact]
    public async Task A_signed_anchor_remembers_for_everybody()
    {
        var tenant = await database.TenantAsync();
        for (var i = 1; i <= 5; i++) await RecordAsync(tenant, $"po_{i}");
        var anchor = await database.App.TransactAsync<AuditAnchor>(tenant, async unit => (await AuditAnchor.SignAsync(unit, new TestSigner(), default))!, default);
        Assert.Equal(5, anchor.Value.Head.Sequence);
        await RewindAsync(tenant, to: 3);
        Assert.Contains((await VerifyAsync(tenant)).Findings, finding => finding is { Kind: "entry_missing", Subject: "entries 4 to 5" });
    }

    /// <summary>What a careful intruder does: the last entries go, and the end of the chain is put back to where it was.</summary>
    private Task RewindAsync(TenantId tenant, int to) => database.AsSuperuserAsync($"""
        delete from audit.entries where tenant_id = '{tenant.Value}' and sequence > {to};
        update audit.heads set sequence = {to}, hash = (select hash from audit.entries where tenant_id = '{tenant.Value}' and sequence = {to}) where tenant_id = '{tenant.Value}'
        """);

    private Task RecordAsync(TenantId tenant, string target, Database? on = null) => (on ?? database.App).TransactAsync<bool>(tenant, unit =>
    {
        AuditLog.Record(unit, Someone, AuditActions.PayoutCreated, target, new Change("state", "created", "approved"));
        return Task.FromResult<Result<bool>>(true);
    }, default);

    private Task<List<LinkedEntry>> EntriesAsync(TenantId tenant) => database.App.ListAsync(tenant, AuditSql.After, [tenant.Value, 0L, 1000], LinkedEntry.Read, default);

    private Task<AuditReport> VerifyAsync(TenantId tenant, AuditHead? remembered = null, Database? on = null) =>
        (on ?? database.App).ReadAsync(tenant, session => AuditVerification.RunAsync(session, remembered, default), default);
}
