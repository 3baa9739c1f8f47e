using Npgsql;

namespace Modupay.Ledger;

/// <summary>A journal as it was recorded.</summary>
internal sealed record StoredJournal(
    JournalId Id, string Source, string Kind, DateOnly EffectiveOn, DateTimeOffset RecordedAt, string Description, JournalId? Related, DateTimeOffset? ExpiresAt,
    IReadOnlyList<Posting> Postings);

internal static class JournalSql
{
    private const string Columns = """
        select journal.journal_id, journal.source, journal.kind, journal.effective_on, journal.recorded_at, journal.description, journal.related_id, journal.expires_at,
            account.code, posting.currency, posting.amount_minor, posting.layer
        from ledger.journals as journal
        join ledger.postings as posting using (tenant_id, journal_id)
        join ledger.accounts as account using (tenant_id, account_id)
        """;

    internal const string ByIds = Columns + " where journal.tenant_id = $1 and journal.journal_id = any($2) order by journal.journal_id, posting.line";

    internal const string BySource = Columns + " where journal.tenant_id = $1 and journal.source = $2 order by posting.line";

    internal const string IdsBySources = "select source, journal_id from ledger.journals where tenant_id = $1 and source = any($2)";

    internal const string Page = Columns + """
         where journal.tenant_id = $1 and journal.journal_id in (
            select listed.journal_id from ledger.journals as listed
            where listed.tenant_id = $1 and listed.journal_id < $2 and ($3::date is null or listed.effective_on >= $3) and ($4::date is null or listed.effective_on <= $4)
                and ($5::text is null or listed.source = $5)
            order by listed.journal_id desc limit $6)
        order by journal.journal_id desc, posting.line
        """;
}

/// <summary>Reads journals with their postings.</summary>
internal static class Journals
{
    public static async Task<StoredJournal?> FindAsync(Session session, JournalId id, CancellationToken ct) => (await FindAllAsync(session, [id.Value], ct)).FirstOrDefault();

    public static async Task<List<StoredJournal>> FindAllAsync(Session session, Guid[] ids, CancellationToken ct) =>
        Group(await session.ListAsync(JournalSql.ByIds, [session.Tenant.Value, ids], Read, ct));

    public static async Task<StoredJournal?> FindBySourceAsync(Session session, string source, CancellationToken ct) =>
        Group(await session.ListAsync(JournalSql.BySource, [session.Tenant.Value, source], Read, ct)).FirstOrDefault();

    public static async Task<Dictionary<string, JournalId>> FindIdsAsync(Session session, string[] sources, CancellationToken ct) =>
        (await session.ListAsync(JournalSql.IdsBySources, [session.Tenant.Value, sources], row => (Source: row.GetString(0), Id: new JournalId(row.GetGuid(1))), ct)).ToDictionary(row => row.Source, row => row.Id, StringComparer.Ordinal);

    /// <summary>Newest first.</summary>
    public static async Task<List<StoredJournal>> PageAsync(Session session, Guid before, int limit, DateOnly? from, DateOnly? to, string? source, CancellationToken ct) =>
        Group(await session.ListAsync(JournalSql.Page, [session.Tenant.Value, before, from, to, source, limit], Read, ct));

    internal static (StoredJournal Journal, Posting Posting) Read(NpgsqlDataReader row) =>
    (
        new(new(row.GetGuid(0)), row.GetString(1), row.GetString(2), row.GetFieldValue<DateOnly>(3), row.GetFieldValue<DateTimeOffset>(4), row.GetString(5),
            row.IsDBNull(6) ? null : new JournalId(row.GetGuid(6)), row.IsDBNull(7) ? null : row.GetFieldValue<DateTimeOffset>(7), []),
        new Posting(row.GetString(8), new Money(row.GetInt64(10), Currency.Known(row.GetString(9)))) { Layer = LayerOf(row.GetString(11)) }
    );

    /// <summary>The lines of a journal come one after the other.</summary>
    private static List<StoredJournal> Group(List<(StoredJournal Journal, Posting Posting)> lines)
    {
        var journals = new List<StoredJournal>();
        for (var i = 0; i < lines.Count;)
        {
            var first = lines[i].Journal;
            var postings = new List<Posting>();
            for (; i < lines.Count && lines[i].Journal.Id == first.Id; i++) postings.Add(lines[i].Posting);
            journals.Add(first with { Postings = postings });
        }
        return journals;
    }

    private static Layer LayerOf(string text) => text switch { "posted" => Layer.Posted, "pending" => Layer.Pending, _ => Layer.Released };
}
