namespace Modupay.Banking.Statements;

/// <summary>
/// A second reading of a file against the first. $1 is the file, $2 the reading that counts, $3 the new one. A statement that has been in the books,
/// or of which a person has touched a line, keeps its lines; any other is replaced.
/// </summary>
internal static class RereadingSql
{
    private const string Kept = """
        kept as (
            select s.statement_id, s.position
            from banking.bank_statements s
            where s.statement_file_id = $1 and s.attempt = $2
                and (s.standing = 'complete' or exists (select from banking.bank_statement_lines l where l.statement_id = s.statement_id and l.state <> 'unmatched'))
        ),
        pairs as (
            select kept.statement_id, l.line_id as old_id, n.line_id as new_id
            from kept
            join banking.bank_statement_lines l on l.statement_id = kept.statement_id
            join banking.bank_statements t on t.statement_file_id = $1 and t.attempt = $3 and t.position = kept.position
            join banking.bank_statement_lines n on n.statement_id = t.statement_id and n.entry = l.entry and n.part = l.part
        )

        """;

    private const string Differs = """
        (l.end_to_end_id, l.bank_reference, l.customer_reference, l.remittance, l.structured_reference, l.counterparty_masked, l.transaction_code, l.charges_minor, l.original_minor,
            l.original_currency, l.exchange_rate, l.return_reason, l.is_return, l.original_reference)
        is distinct from
        (n.end_to_end_id, n.bank_reference, n.customer_reference, n.remittance, n.structured_reference, n.counterparty_masked, n.transaction_code, n.charges_minor, n.original_minor,
            n.original_currency, n.exchange_rate, n.return_reason, n.is_return, n.original_reference)
        """;

    /// <summary>Lines in the books whose money would change or that would be gone: the ledger has posted them, so they may not.</summary>
    internal const string CountConflicts = "with " + Kept + """
        select count(*)
        from kept
        join banking.bank_statement_lines l on l.statement_id = kept.statement_id
        left join pairs on pairs.old_id = l.line_id
        left join banking.bank_statement_lines n on n.line_id = pairs.new_id
        where n.line_id is null
            or (l.amount_minor, l.currency, l.booked_on, l.value_on, l.status, l.reversal) is distinct from (n.amount_minor, n.currency, n.booked_on, n.value_on, n.status, n.reversal)
        """;

    internal const string KeepVersions = "with " + Kept + """
        insert into banking.bank_statement_line_versions (line_id, tenant_id, version, said, replaced_at)
        select l.line_id, l.tenant_id, l.version, jsonb_strip_nulls(jsonb_build_object('endToEndId', l.end_to_end_id, 'bankReference', l.bank_reference, 'customerReference', l.customer_reference,
            'remittance', l.remittance, 'structuredReference', l.structured_reference, 'counterpartyAccount', l.counterparty_masked, 'transactionCode', l.transaction_code,
            'returnReason', l.return_reason, 'isReturn', l.is_return, 'originalReference', l.original_reference)), $4
        from pairs
        join banking.bank_statement_lines l on l.line_id = pairs.old_id
        join banking.bank_statement_lines n on n.line_id = pairs.new_id
        where 
        """ + Differs;

    internal const string TakeWords = "with " + Kept + """
        update banking.bank_statement_lines l
        set end_to_end_id = n.end_to_end_id, bank_reference = n.bank_reference, customer_reference = n.customer_reference, remittance = n.remittance,
            structured_reference = n.structured_reference, counterparty_sealed = n.counterparty_sealed, counterparty_masked = n.counterparty_masked, transaction_code = n.transaction_code,
            charges_minor = n.charges_minor, original_minor = n.original_minor, original_currency = n.original_currency, exchange_rate = n.exchange_rate,
            return_reason = n.return_reason, is_return = n.is_return, original_reference = n.original_reference, version = l.version + 1
        from pairs
        join banking.bank_statement_lines n on n.line_id = pairs.new_id
        where l.line_id = pairs.old_id and 
        """ + Differs;

    internal const string DropPaired = "with " + Kept + "delete from banking.bank_statement_lines where line_id in (select new_id from pairs)";

    internal const string DropReplaced = "with " + Kept + """
        delete from banking.bank_statement_lines l
        using banking.bank_statements s
        where s.statement_id = l.statement_id and s.statement_file_id = $1 and s.attempt = $2 and s.statement_id not in (select statement_id from kept)
            and $3::integer is not null
        """;

    /// <summary>The statement's id outlives its readings, so that findings and links stay true.</summary>
    internal const string MoveLines = """
        update banking.bank_statement_lines l
        set statement_id = s.statement_id
        from banking.bank_statements s
        join banking.bank_statements t on t.statement_file_id = $1 and t.attempt = $3 and t.position = s.position
        where s.statement_file_id = $1 and s.attempt = $2 and l.statement_id = t.statement_id
        """;

    internal const string TakeHeaders = """
        update banking.bank_statements s
        set treasury_account_id = coalesce(s.treasury_account_id, t.treasury_account_id), account_masked = t.account_masked, account_key = t.account_key, reference = t.reference,
            sequence = t.sequence, sequence_number = t.sequence_number, page = t.page, opening_minor = t.opening_minor, opening_on = t.opening_on, closing_minor = t.closing_minor,
            closing_on = t.closing_on, balanced = t.balanced, entries = t.entries, content_key = t.content_key, first_booked_on = t.first_booked_on, last_booked_on = t.last_booked_on,
            verdict = t.verdict, document = t.document, standing = case when s.standing in ('complete', 'duplicate') then s.standing else 'draft' end
        from banking.bank_statements t
        where s.statement_file_id = $1 and s.attempt = $2 and t.statement_file_id = $1 and t.attempt = $3 and t.position = s.position
        """;

    internal const string DropOldWithoutSuccessor = """
        delete from banking.bank_statements s
        where s.statement_file_id = $1 and s.attempt = $2
            and not exists (select from banking.bank_statements t where t.statement_file_id = $1 and t.attempt = $3 and t.position = s.position)
        """;

    internal const string DropNewWithPredecessor = """
        delete from banking.bank_statements t
        where t.statement_file_id = $1 and t.attempt = $3
            and exists (select from banking.bank_statements s where s.statement_file_id = $1 and s.attempt = $2 and s.position = t.position)
        """;

    internal const string Renumber = "update banking.bank_statements set attempt = $3 where statement_file_id = $1 and attempt = $2";
}
