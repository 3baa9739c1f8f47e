namespace Modupay.Ledger.Proof;

internal static class VerificationSql
{
    /// <summary>The postings of a tenant are found by its accounts: in their own table, which is everybody's, no index begins with the tenant.</summary>
    private const string Postings = "ledger.postings as posting where posting.tenant_id = $1 and posting.account_id in (select account_id from ledger.accounts where tenant_id = $1)";

    internal const string Sealed = "select journal_id, number, position, leaf from ledger.block_journals where tenant_id = $1 order by number, position";

    internal const string Unbalanced = $"""
        select journal_id::text from {Postings} group by journal_id, currency, layer having sum(amount_minor) <> 0
        """;

    internal const string OrphanPostings = $"""
        select distinct posting.journal_id::text from {Postings}
            and not exists (select from ledger.journals as journal where journal.tenant_id = $1 and journal.journal_id = posting.journal_id)
        """;

    internal const string NeverQueued = """
        select journal.journal_id::text from ledger.journals as journal
        where journal.tenant_id = $1
            and not exists (select from ledger.block_journals as block where block.tenant_id = $1 and block.journal_id = journal.journal_id)
            and not exists (select from ledger.unsealed as queued where queued.tenant_id = $1 and queued.journal_id = journal.journal_id)
        """;

    /// <summary>Every posting follows the one before it on its account, and says what the balance was after it.</summary>
    internal const string BrokenAccounts = $"""
        select account.code from (
            select account_id, version - lag(version, 1, 0::bigint) over account_shard as step,
                after_minor - lag(after_minor, 1, 0::bigint) over account_shard - case when layer = 'posted' then amount_minor else 0 end as drift
            from {Postings}
            window account_shard as (partition by account_id, shard order by version)
        ) as posting
        join ledger.accounts as account on account.tenant_id = $1 and account.account_id = posting.account_id
        where step <> 1 or drift <> 0
        group by account.code
        """;

    internal const string WrongBalances = $"""
        select account.code from ledger.balances as balance
        join ledger.accounts as account on account.tenant_id = $1 and account.account_id = balance.account_id
        left join (
            select account_id, shard, count(*) as version,
                sum(amount_minor) filter (where layer = 'posted' and amount_minor > 0) as debits, -sum(amount_minor) filter (where layer = 'posted' and amount_minor < 0) as credits,
                sum(case layer when 'pending' then amount_minor when 'released' then -amount_minor end) filter (where amount_minor > 0) as held_debits,
                -sum(case layer when 'pending' then amount_minor when 'released' then -amount_minor end) filter (where amount_minor < 0) as held_credits
            from {Postings} group by account_id, shard
        ) as truth on truth.account_id = balance.account_id and truth.shard = balance.shard
        where balance.tenant_id = $1 and (balance.version, balance.posted_debits, balance.posted_credits, balance.pending_debits, balance.pending_credits)
            is distinct from (coalesce(truth.version, 0), coalesce(truth.debits, 0), coalesce(truth.credits, 0), coalesce(truth.held_debits, 0), coalesce(truth.held_credits, 0))
        group by account.code
        """;

    /// <summary>The days of an account are its postings up to the mark, added up.</summary>
    internal const string WrongDays = """
        select account.code from (
            select account_id, effective_on, sum(debits) as debits, sum(credits) as credits from (
                select account_id, effective_on, debits, credits from ledger.day_totals where tenant_id = $1
                union all
                select posting.account_id, posting.effective_on, -greatest(posting.amount_minor, 0), -greatest(-posting.amount_minor, 0)
                from ledger.day_marks as mark
                join ledger.postings as posting on posting.tenant_id = $1 and posting.account_id = mark.account_id and posting.shard = mark.shard and posting.version <= mark.version and posting.layer = 'posted'
                where mark.tenant_id = $1
            ) as part group by account_id, effective_on
        ) as day
        join ledger.accounts as account on account.tenant_id = $1 and account.account_id = day.account_id
        where day.debits <> 0 or day.credits <> 0 group by account.code
        """;

    internal const string LostHolds = """
        select journal.journal_id::text from ledger.journals as journal
        where journal.tenant_id = $1 and journal.kind = 'pending'
            and exists (select from ledger.holds as hold where hold.tenant_id = $1 and hold.journal_id = journal.journal_id)
              = exists (select from ledger.journals as ending where ending.tenant_id = $1 and ending.related_id = journal.journal_id and ending.kind in ('post', 'void', 'expire'))
        """;
}

/// <summary>One thing that is not as it was recorded.</summary>
internal sealed record Finding(string Kind, string Subject);

internal sealed record VerificationReport(long Journals, long Blocks, IReadOnlyList<Finding> Findings);

/// <summary>
/// Recomputes the ledger of a tenant from its postings and its chain from the journals, trusting nothing that was stored. What somebody with every
/// privilege in the database changed shows up here, unless he rewrote the chain to its end: then it is the signed head that does not fit.
/// </summary>
internal static class Verification
{
    private const int Page = 2000;

    /// <param name="key">With which heads must have been signed; without it their signatures are not looked at.</param>
    /// <param name="kept">Heads that lie where the database's superuser cannot reach them.</param>
    public static async Task<VerificationReport> RunAsync(Session session, HeadKey? key, IReadOnlyList<Head> kept, CancellationToken ct)
    {
        var findings = new List<Finding>();
        foreach (var (kind, sql) in new[]
        {
            ("journal_unbalanced", VerificationSql.Unbalanced), ("posting_without_journal", VerificationSql.OrphanPostings), ("journal_outside_the_chain", VerificationSql.NeverQueued),
            ("account_history_broken", VerificationSql.BrokenAccounts), ("balance_wrong", VerificationSql.WrongBalances), ("day_total_wrong", VerificationSql.WrongDays), ("hold_lost", VerificationSql.LostHolds),
        })
            findings.AddRange(await session.ListAsync(sql, [session.Tenant.Value], row => new Finding(kind, row.GetString(0)), ct));

        var leaves = await RecomputeAsync(session, ct);
        var blocks = await session.ListAsync(BlockSql.All, [session.Tenant.Value], Block.Read, ct);
        var contents = (await session.ListAsync(VerificationSql.Sealed, [session.Tenant.Value], row => (Journal: row.GetGuid(0), Number: row.GetInt64(1), Leaf: row.GetFieldValue<byte[]>(3)), ct))
            .ToLookup(item => item.Number);

        var previous = Block.BeforeTheFirst;
        for (var i = 0; i < blocks.Count; i++)
        {
            var inside = contents[blocks[i].Number].ToList();
            foreach (var (journal, _, leaf) in inside)
                if (!leaves.TryGetValue(journal, out var truth) || !truth.AsSpan().SequenceEqual(leaf)) findings.Add(new("journal_altered", new JournalId(journal).ToString()));
            var expected = Block.Of(session.Tenant, i + 1, inside.Count, inside.Count == 0 ? Block.BeforeTheFirst : Merkle.Root([.. inside.Select(item => item.Leaf)]), previous, blocks[i].SealedAt);
            if (blocks[i].Number != i + 1 || blocks[i].Journals != inside.Count || !expected.Root.AsSpan().SequenceEqual(blocks[i].Root) || !expected.Previous.AsSpan().SequenceEqual(blocks[i].Previous) || !expected.Hash.AsSpan().SequenceEqual(blocks[i].Hash)) findings.Add(new("chain_broken", $"block {blocks[i].Number}"));
            previous = blocks[i].Hash;
        }

        foreach (var head in kept.Concat(await session.ListAsync(BlockSql.Heads, [session.Tenant.Value], Head.Read, ct)))
        {
            if (!head.Covers(blocks)) findings.Add(new("head_broken", $"head over {head.Blocks} blocks"));
            if (key is not null && !key.Signed(session.Tenant, head)) findings.Add(new("head_forged", $"head over {head.Blocks} blocks"));
        }
        return new(leaves.Count, blocks.Count, [.. findings.Distinct()]);
    }

    private static async Task<Dictionary<Guid, byte[]>> RecomputeAsync(Session session, CancellationToken ct)
    {
        var leaves = new Dictionary<Guid, byte[]>();
        for (var before = Guid.AllBitsSet; ;)
        {
            var page = await Journals.PageAsync(session, before, Page, null, null, null, ct);
            foreach (var journal in page) leaves[journal.Id.Value] = JournalText.Leaf(session.Tenant, journal);
            if (page.Count == 0) return leaves;
            before = page[^1].Id.Value;
        }
    }
}
