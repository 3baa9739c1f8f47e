namespace Modupay.Reconciliation;

/// <summary>
/// One statement for each way in which a rule finds its items: many lines come as columns, and each looks into an index of its own. The lateral join
/// keeps it that way whatever the statistics say of tables that were filled a moment ago. What is asked here is asked again, word for word, by Relation.
/// </summary>
internal static class CandidateSql
{
    private const string Comparable = """
        item.tenant_id = $1 and item.open_minor <> 0 and item.currency = line.currency and (item.open_minor > 0) = (line.amount > 0)
            and (item.treasury_account_id is null or item.treasury_account_id = line.account_id)
        """;

    private const string KeyedLines = $"""
        select line.line_id, {OpenItemColumns.Text}
        from unnest($3::uuid[], $4::uuid[], $5::bigint[], $6::bpchar[], $7::text[]) as line (line_id, account_id, amount, currency, key)
        cross join lateral (select * from reconciliation.expected_items as item where {Comparable} and
        """;

    internal const string ByRfReference = KeyedLines + " item.rf_reference = line.key order by item.item_id limit $2) as item";

    internal const string ByEndToEndId = KeyedLines + " item.end_to_end_id = line.key order by item.item_id limit $2) as item";

    internal const string ByBankReference = KeyedLines + " item.bank_reference = line.key order by item.item_id limit $2) as item";

    internal const string ByBatch = KeyedLines + " item.batch_id = line.key order by item.item_id limit $2) as item";

    /// <summary>
    /// Orders of the line's account that it names, whatever became of them: by their end-to-end id, the bank's reference or their payout's. What is open of
    /// one is what it was about.
    /// </summary>
    internal const string ByOrder = $"""
        select line.line_id, {OpenItemColumns.Text}, item.stage
        from unnest($3::uuid[], $4::uuid[], $5::bigint[], $6::bpchar[], $7::text[]) as line (line_id, account_id, amount, currency, key)
        cross join lateral (
            select item_id, kind, subject_id, treasury_account_id, amount_minor as open_minor, currency, due_on, rf_reference, end_to_end_id, bank_reference, batch_id, counterparty_key, name_pieces,
                case when open_minor <> 0 then 'unsettled'
                    when state = 'settled' and not exists (select from reconciliation.matches as match where match.returned_slice_id = subject_id and match.undone_by is null) then 'settled'
                    else 'over' end as stage
            from (
                (select item_id from reconciliation.expected_items where tenant_id = $1 and kind = 'slice' and end_to_end_id = line.key limit $2)
                union (select item_id from reconciliation.expected_items where tenant_id = $1 and kind = 'slice' and bank_reference = line.key limit $2)
                union (select item_id from reconciliation.expected_items where tenant_id = $1 and kind = 'slice' and batch_id = line.key limit $2)
            ) as named
            join reconciliation.expected_items using (item_id)
            where currency = line.currency and treasury_account_id = line.account_id and line.amount > 0) as item
        """;

    /// <summary>The whole amount, or more by what a bank may keep; and the IBAN.</summary>
    internal const string ByCounterparty = $"""
        select line.line_id, {OpenItemColumns.Text}
        from unnest($3::uuid[], $4::uuid[], $5::bigint[], $6::bpchar[], $7::bigint[], $8::date[], $9::uuid[]) as line (line_id, account_id, amount, currency, most, booked_on, counterparty)
        cross join lateral (
            select * from reconciliation.expected_items as item
            where {Comparable} and item.counterparty_key = line.counterparty and item.open_minor between line.amount and line.most
                and item.due_on between line.booked_on - $10::integer and line.booked_on + $10::integer
            order by item.item_id limit $2) as item
        """;

    /// <summary>The same with a piece of the name in common. How much of it is, is for the rule to say.</summary>
    internal const string ByName = $"""
        select line.line_id, {OpenItemColumns.Text}
        from unnest($3::uuid[], $4::uuid[], $5::bigint[], $6::bpchar[], $7::bigint[], $8::date[], $9::text[]) as line (line_id, account_id, amount, currency, most, booked_on, name)
        cross join lateral (
            select * from reconciliation.expected_items as item
            where {Comparable} and item.open_minor between line.amount and line.most
                and item.due_on between line.booked_on - $10::integer and line.booked_on + $10::integer and item.name_pieces && line.name::integer[]
            order by item.item_id limit $2) as item
        """;

    /// <summary>What one counterparty still owes us, or we it, of which a line may be a part.</summary>
    internal const string ByPart = $"""
        select line.line_id, {OpenItemColumns.Text}
        from unnest($3::uuid[], $4::uuid[], $5::bigint[], $6::bpchar[], $7::date[], $8::uuid[]) as line (line_id, account_id, amount, currency, booked_on, counterparty)
        cross join lateral (
            select * from reconciliation.expected_items as item
            where {Comparable} and item.counterparty_key = line.counterparty and item.kind = 'expected' and abs(item.open_minor) >= abs(line.amount)
                and item.due_on between line.booked_on - $9::integer and line.booked_on + $9::integer
            order by item.item_id limit $2) as item
        """;

    /// <summary>What was due on one account on one day. Without an order, so that a day with too many is left after the first few: it is not searched anyway.</summary>
    internal const string ByDay = $"""
        select line.number::integer, {OpenItemColumns.Text}
        from unnest($3::bigint[], $4::uuid[], $5::bigint[], $6::bpchar[], $7::date[]) as line (number, account_id, amount, currency, booked_on)
        cross join lateral (
            select * from reconciliation.expected_items as item
            where {Comparable} and item.treasury_account_id = line.account_id and item.due_on = line.booked_on
            limit $2) as item
        """;

    internal const string Rejected = "select line_id, item_id from reconciliation.rejected_pairs where line_id = any($1)";

    /// <summary>For a person who looks for what a line could be: anything that agrees in a reference, the counterparty or the amount.</summary>
    internal const string Suggestions = $"""
        select {OpenItemColumns.Text}
        from (
            select item_id from (select item_id from reconciliation.expected_items where tenant_id = $1 and open_minor <> 0 and rf_reference = $6 limit $2) as by_rf
            union select item_id from (select item_id from reconciliation.expected_items where tenant_id = $1 and open_minor <> 0 and end_to_end_id = $7 limit $2) as by_end_to_end_id
            union select item_id from (select item_id from reconciliation.expected_items where tenant_id = $1 and open_minor <> 0 and bank_reference = $8 limit $2) as by_bank_reference
            union select item_id from (select item_id from reconciliation.expected_items where tenant_id = $1 and open_minor <> 0 and batch_id = any($9) limit $2) as by_batch
            union select item_id from (select item_id from reconciliation.expected_items where tenant_id = $1 and open_minor <> 0 and counterparty_key = $10
                order by abs(open_minor - $4) limit $2) as by_counterparty
            union select item_id from (select item_id from reconciliation.expected_items where tenant_id = $1 and open_minor <> 0 and currency = $5
                and open_minor between $4 and $4 + abs($4) / 50 and due_on between $11::date - 60 and $11::date + 60 order by abs(due_on - $11::date) limit $2) as by_amount
        ) as found
        join reconciliation.expected_items as item using (item_id)
        where item.currency = $5 and (item.open_minor > 0) = ($4 > 0) and (item.treasury_account_id is null or item.treasury_account_id = $3)
        """;
}
