namespace Modupay.Banking.Statements;

/// <summary>
/// Where notifications book, a bank may say the same entry in several of them: a report of the afternoon repeats the morning's, a notification is sent
/// again. The entry that was stored first is in the books; what repeats it is linked to it and never taken in.
/// </summary>
internal static class Repetitions
{
    /// <summary>The bank's own reference where it gives one, with the end-to-end id if both give that; otherwise everything the entry says.</summary>
    private static readonly string[] Keys = ["reference_and_id", "reference", "words"];

    /// <summary>Under the account's lock. What was admitted before is in the books already and is not looked at again, also when its file is read anew.</summary>
    public static async Task LinkAsync(UnitOfWork unit, StatementFile file, byte[] account, string currency, CancellationToken ct)
    {
        foreach (var key in Keys) await unit.ExecuteAsync(RepetitionSql.Link, [account, currency, key, file.Id.Value], ct);
        await unit.ExecuteAsync(RepetitionSql.Admit, [account, currency, file.Id.Value, unit.Now], ct);
    }
}

internal static class RepetitionSql
{
    /// <summary>
    /// The n-th entry of an amount and a key within a notification is the n-th that is known, because a bank may well move the same amount twice on a day:
    /// the n-th that another file has brought, or else the first of this file that is its n-th.
    /// </summary>
    internal const string Link = """
        with news as (
            select statement_id, position from banking.bank_statements
            where account_key = $1 and currency = $2 and statement_file_id = $4 and standing = 'complete' and document = 'notification' and admitted_at is null
        ),
        period as (select min(first_booked_on) - 10 as from_on, max(last_booked_on) + 10 as to_on from news join banking.bank_statements using (statement_id)),
        entries as (
            select s.statement_id, l.entry, min(news.position) as position, (array_agg(l.line_id order by l.part))[1] as line_id, sum(l.amount_minor) as amount_minor,
                min(coalesce(l.booked_on, l.value_on)) as day, case when count(*) = 1 then min(l.end_to_end_id) end as end_to_end_id,
                case when $3 = 'reference' then min(l.bank_reference)
                    when $3 = 'reference_and_id' then min(l.bank_reference) || chr(31) || coalesce(case when count(*) = 1 then min(l.end_to_end_id) end, '')
                    when min(l.bank_reference) is null then string_agg(concat_ws(chr(31), l.amount_minor, coalesce(l.booked_on::text, ''), coalesce(l.value_on::text, ''), coalesce(l.end_to_end_id, ''),
                        coalesce(l.customer_reference, ''), coalesce(l.remittance, ''), coalesce(l.structured_reference, ''), coalesce(l.counterparty_masked, ''), coalesce(l.transaction_code, '')),
                        chr(30) order by l.part)
                end as key
            from period
            join banking.bank_statements s on s.last_booked_on >= period.from_on and s.first_booked_on <= period.to_on
            join banking.bank_statement_lines l on l.statement_id = s.statement_id
            left join news on news.statement_id = s.statement_id
            where s.account_key = $1 and s.currency = $2 and s.standing = 'complete' and s.document = 'notification' and l.status = 'booked' and l.booked_as is null
                and (news.statement_id is not null or s.admitted_at is not null)
            group by s.statement_id, l.entry
        ),
        said as (select *, row_number() over (partition by statement_id, amount_minor, key order by entry) as place from entries where position is not null and key is not null),
        known as (select *, row_number() over (partition by amount_minor, key order by day, statement_id, entry) as place from entries where position is null and key is not null),
        first as (select distinct on (amount_minor, key, place) * from said order by amount_minor, key, place, position, entry)
        update banking.bank_statement_lines l
        set booked_as = coalesce(known.line_id, first.line_id)
        from said
        left join known on known.amount_minor = said.amount_minor and known.key = said.key and known.place = said.place and abs(known.day - said.day) <= 10
            and ($3 <> 'reference' or (said.end_to_end_id is null) <> (known.end_to_end_id is null))
        left join first on first.amount_minor = said.amount_minor and first.key = said.key and first.place = said.place and first.statement_id <> said.statement_id and abs(first.day - said.day) <= 10
            and ($3 <> 'reference' or (said.end_to_end_id is null) <> (first.end_to_end_id is null))
        where l.statement_id = said.statement_id and l.entry = said.entry and coalesce(known.line_id, first.line_id) is not null
        """;

    internal const string Admit = """
        update banking.bank_statements set admitted_at = $4
        where account_key = $1 and currency = $2 and statement_file_id = $3 and standing = 'complete' and document = 'notification' and admitted_at is null
        """;
}
