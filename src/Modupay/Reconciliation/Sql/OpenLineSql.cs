using Npgsql;

namespace Modupay.Reconciliation;

internal static class OpenLineSql
{
    /// <summary>Answers those that were not here before. A file that is read again may say other words: then the line takes those.</summary>
    internal const string Insert = """
        insert into reconciliation.open_lines as held
            (line_id, tenant_id, treasury_account_id, amount_minor, open_minor, currency, booked_on, rf_reference, end_to_end_id, bank_reference, customer_reference,
             counterparty_key, counterparty_masked, name_pieces, original_reference, is_return, return_reason, taken_in_at)
        select line_id, $1, treasury_account_id, amount_minor, amount_minor, currency, booked_on, rf_reference, end_to_end_id, bank_reference, customer_reference,
             counterparty_key, counterparty_masked, name_pieces::integer[], original_reference, is_return, return_reason, $2
        from unnest($3::uuid[], $4::uuid[], $5::bigint[], $6::text[], $7::date[], $8::text[], $9::text[], $10::text[], $11::text[], $12::uuid[], $13::text[], $14::text[],
                    $15::text[], $16::boolean[], $17::text[])
            as line (line_id, treasury_account_id, amount_minor, currency, booked_on, rf_reference, end_to_end_id, bank_reference, customer_reference, counterparty_key, counterparty_masked, name_pieces,
                     original_reference, is_return, return_reason)
        on conflict (line_id) do update
        set rf_reference = excluded.rf_reference, end_to_end_id = excluded.end_to_end_id, bank_reference = excluded.bank_reference, customer_reference = excluded.customer_reference,
            counterparty_key = excluded.counterparty_key, counterparty_masked = excluded.counterparty_masked, name_pieces = excluded.name_pieces,
            original_reference = excluded.original_reference, is_return = excluded.is_return, return_reason = excluded.return_reason
        where (held.rf_reference, held.end_to_end_id, held.bank_reference, held.customer_reference, held.counterparty_key, held.name_pieces, held.original_reference, held.is_return, held.return_reason)
            is distinct from (excluded.rf_reference, excluded.end_to_end_id, excluded.bank_reference, excluded.customer_reference, excluded.counterparty_key, excluded.name_pieces,
                excluded.original_reference, excluded.is_return, excluded.return_reason)
        returning line_id, xmax = 0
        """;

    private const string Columns = """
        select line_id, treasury_account_id, amount_minor, open_minor, currency, booked_on, rf_reference, end_to_end_id, bank_reference, customer_reference, counterparty_key, counterparty_masked,
            name_pieces, for_a_person, original_reference, is_return, return_reason
        from reconciliation.open_lines

        """;

    /// <summary>What the engine may explain, a page at a time.</summary>
    internal const string ForEngine = Columns + """
        where tenant_id = $1 and line_id > $2 and not for_a_person and booked_on between $4 and $5 and ($6::uuid[] is null or treasury_account_id = any($6))
        order by line_id
        limit $3
        """;

    internal const string Find = Columns + "where line_id = any($1)";

    internal const string Lock = Columns + "where line_id = $1 for update";

    /// <summary>Leaves alone what a person, or another run, is deciding right now.</summary>
    internal const string LockForEngine = "select line_id from reconciliation.open_lines where line_id = any($1) and not for_a_person order by line_id for update skip locked";

    internal const string Close = "delete from reconciliation.open_lines where line_id = any($1)";

    internal const string Narrow = "update reconciliation.open_lines set open_minor = open_minor - $2, for_a_person = true where line_id = $1";

    internal const string OpenOf = "select line_id, open_minor from reconciliation.open_lines where line_id = any($1)";

    internal static OpenLineRow Read(NpgsqlDataReader row)
    {
        var currency = Currency.Known(row.GetString(4));
        return new(new OpenLine(new(row.GetGuid(0)), new(row.GetGuid(1)), new Money(row.GetInt64(2), currency), row.GetFieldValue<DateOnly>(5))
        {
            RfReference = row.Text(6),
            EndToEndId = row.Text(7),
            BankReference = row.Text(8),
            CustomerReference = row.Text(9),
            Counterparty = row.IsDBNull(10) ? null : row.GetGuid(10),
            CounterpartyMasked = row.Text(11),
            Name = row.GetFieldValue<int[]>(12),
            OriginalReference = row.Text(14),
            IsReturn = row.GetBoolean(15),
            ReturnReason = row.Text(16),
        }, row.GetInt64(3), row.GetBoolean(13));
    }
}

/// <summary>An open line and how much of it is still unexplained.</summary>
internal sealed record OpenLineRow(OpenLine Line, long OpenMinor, bool ForAPerson);
