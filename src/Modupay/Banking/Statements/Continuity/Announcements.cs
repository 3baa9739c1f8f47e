using System.Globalization;

namespace Modupay.Banking.Statements;

/// <summary>
/// What a bank announced in the course of a day (MT942, camt.052, camt.054) is never booked: the statement books it, or, on an account that notifications book,
/// the other way round. Here each entry of the kind that does not book is linked to the entry that did, in whatever order the two come, so that both are seen
/// as the one movement they are.
/// </summary>
internal static class Announcements
{
    /// <summary>The surest first. Amount and value date alone are enough when nothing contradicts: the link moves no money.</summary>
    private static readonly string[] Keys = ["bank_reference", "end_to_end_id", "value_date"];

    public static async Task LinkAsync(UnitOfWork unit, byte[] account, string currency, CancellationToken ct)
    {
        if (await unit.ScalarAsync<bool>(AnnouncementSql.AnyOpen, [account, currency], ct) is not true) return;
        foreach (var key in Keys) await unit.ExecuteAsync(AnnouncementSql.Link, [account, currency, key], ct);
    }

    /// <summary>Announcements of days that a later statement has closed without them; and what a statement says that no notification has booked.</summary>
    public static Task<List<Unbooked>> UnbookedAsync(UnitOfWork unit, byte[] account, string currency, CancellationToken ct) => unit.ListAsync(AnnouncementSql.Unbooked, [account, currency],
        row => new Unbooked(new(row.GetGuid(0)), row.GetInt64(1), row.GetInt64(2), row.GetFieldValue<DateOnly>(3), row.GetFieldValue<DateOnly>(4)), ct);

    internal sealed record Unbooked(StatementId Statement, long Announced, long Booked, DateOnly From, DateOnly To)
    {
        public Discontinuity Finding(ChainLink at) =>
            new("announced_not_booked", at, null, Announced.ToString(CultureInfo.InvariantCulture), Booked.ToString(CultureInfo.InvariantCulture), From, To);
    }
}

internal static class AnnouncementSql
{
    internal const string AnyOpen = """
        select exists (
            select from banking.bank_statements s
            join banking.bank_statement_lines l on l.statement_id = s.statement_id
            where s.account_key = $1 and s.currency = $2 and s.standing = 'interim' and l.status = 'booked' and l.booked_as is null)
        """;

    /// <summary>
    /// Entries, not lines: one of the two may split a batch where the other does not. The n-th announced entry of an amount and a key within its report
    /// is the n-th that was booked, because a bank may well move the same amount twice on a day.
    /// </summary>
    internal const string Link = """
        with announced as (
            select l.statement_id, l.entry, sum(l.amount_minor) as amount_minor, min(coalesce(l.value_on, l.booked_on)) as day, bool_and(l.booked_as is null) as is_open,
                case when count(*) = 1 then min(l.end_to_end_id) end as end_to_end_id,
                case $3 when 'bank_reference' then min(l.bank_reference) when 'end_to_end_id' then case when count(*) = 1 then min(l.end_to_end_id) end
                    else min(coalesce(l.value_on, l.booked_on))::text end as key
            from banking.bank_statements s
            join banking.bank_statement_lines l on l.statement_id = s.statement_id
            where s.account_key = $1 and s.currency = $2 and s.standing = 'interim' and l.status = 'booked'
            group by l.statement_id, l.entry
        ),
        period as (select min(day) - 10 as from_on, max(day) + 10 as to_on from announced where is_open),
        booked as (
            select l.statement_id, l.entry, (array_agg(l.line_id order by l.part))[1] as line_id, sum(l.amount_minor) as amount_minor, min(coalesce(l.value_on, l.booked_on)) as day,
                case when count(*) = 1 then min(l.end_to_end_id) end as end_to_end_id,
                case $3 when 'bank_reference' then min(l.bank_reference) when 'end_to_end_id' then case when count(*) = 1 then min(l.end_to_end_id) end
                    else min(coalesce(l.value_on, l.booked_on))::text end as key
            from period
            join banking.bank_statements s on s.last_booked_on >= period.from_on and s.first_booked_on <= period.to_on
            join banking.bank_statement_lines l on l.statement_id = s.statement_id
            where s.account_key = $1 and s.currency = $2 and s.standing = 'complete' and l.status = 'booked' and l.booked_as is null
            group by l.statement_id, l.entry
        ),
        said as (select *, row_number() over (partition by statement_id, amount_minor, key order by entry) as place from announced where key is not null),
        done as (select *, row_number() over (partition by amount_minor, key order by day, statement_id, entry) as place from booked where key is not null)
        update banking.bank_statement_lines l
        set booked_as = done.line_id
        from said
        join done on done.amount_minor = said.amount_minor and done.key = said.key and done.place = said.place and abs(done.day - said.day) <= 10
            and (said.end_to_end_id is null or done.end_to_end_id is null or said.end_to_end_id = done.end_to_end_id)
        where said.is_open and l.statement_id = said.statement_id and l.entry = said.entry
            and not exists (select from banking.bank_statement_lines other where other.statement_id = said.statement_id and other.booked_as = done.line_id)
        """;

    internal const string Unbooked = """
        select s.statement_id, count(*), count(l.booked_as), min(coalesce(l.booked_on, l.value_on)) filter (where l.booked_as is null), max(coalesce(l.booked_on, l.value_on)) filter (where l.booked_as is null)
        from banking.bank_statements s
        join banking.bank_statements_raw f on f.statement_file_id = s.statement_file_id and f.attempt = s.attempt
        join banking.bank_statement_lines l on l.statement_id = s.statement_id
        where s.account_key = $1 and s.currency = $2 and s.standing = 'interim' and l.status = 'booked'
            and (s.document = 'statement' or coalesce(l.booked_on, l.value_on) < (
                select max(e.closing_on) from banking.bank_statements e where e.account_key = $1 and e.currency = $2 and e.standing = 'complete'))
        group by s.statement_id
        having count(*) > count(l.booked_as)
        """;
}
