namespace Modupay.Banking.Statements;

internal static class StatementSql
{
    internal const string InsertFile = """
        insert into banking.bank_statements_raw
            (statement_file_id, tenant_id, bank_profile_id, state, file_name, object_key, size_bytes, sha256, received_at, updated_at)
        values ($1, $2, $3, 'registered', $4, $5, $6, $7, $8, $8)
        on conflict (tenant_id, sha256) do nothing
        """;

    private const string FileColumns = """
        select statement_file_id, bank_profile_id, state, file_name, object_key, size_bytes, sha256, format, statements, lines, coverage_ppm, failure_code, failure_detail, received_at,
            attempt, reading, lines_stored, dialect
        from banking.bank_statements_raw

        """;

    internal const string SealedCounterparties = """
        select line_id, counterparty_sealed from banking.bank_statement_lines
        where line_id > $1 and get_byte(counterparty_sealed, 0) = 1 and substr(counterparty_sealed, 1, 5) <> $2 order by line_id limit $3
        """;

    internal const string SwapCounterparties = """
        update banking.bank_statement_lines as held set counterparty_sealed = swap.after from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as swap (id, before, after)
        where held.line_id = swap.id and held.counterparty_sealed = swap.before
        """;

    internal const string FindFile = FileColumns + "where statement_file_id = $1";

    internal const string LockFile = FileColumns + "where statement_file_id = $1 for update";

    internal const string FindFileByHash = FileColumns + "where sha256 = $1";

    internal const string FindFileByName = FileColumns + """
        where bank_profile_id = $1 and statement_file_id in (select statement_file_id from banking.bank_statement_arrivals where file_name = $2)
        order by statement_file_id desc
        limit 1
        """;

    internal const string InsertArrival = """
        insert into banking.bank_statement_arrivals (statement_file_id, tenant_id, file_name, arrived_at) values ($1, $2, $3, $4) on conflict do nothing
        """;

    internal const string ArrivalsOf = "select file_name, arrived_at from banking.bank_statement_arrivals where statement_file_id = $1 order by arrived_at, file_name";

    internal const string ListFiles = FileColumns + "where statement_file_id < $1 and ($3::text is null or state = $3) order by statement_file_id desc limit $2";

    /// <summary>One step on, from $4. A second run of the same file that comes late moves nothing: the file may be archived, in quarantine, or being read again by then.</summary>
    internal const string MoveFile = "update banking.bank_statements_raw set state = $2, updated_at = $3 where statement_file_id = $1 and state = $4";

    /// <summary>Where the next slice of work goes on. Of two runs of one file, one finds what it expects.</summary>
    internal const string MoveCheckpoint = """
        update banking.bank_statements_raw set lines_stored = $4, updated_at = $5 where statement_file_id = $1 and reading = $2 and lines_stored = $3 and state = 'registered'
        """;

    internal const string FinishParsing = """
        update banking.bank_statements_raw
        set state = 'parsed', format = $2, statements = $3, lines = $4, coverage_ppm = $5, encoding = $6, dialect = $7, attempt = reading, failure_code = null, failure_detail = null, updated_at = $8
        where statement_file_id = $1
        """;

    /// <summary>The bytes are to be read again, under a new number; whoever asks twice asks once.</summary>
    internal const string AskForReading = """
        update banking.bank_statements_raw
        set state = 'registered', reading = reading + 1, lines_stored = 0, updated_at = $2
        where statement_file_id = $1 and state in ('archived', 'quarantined')
        """;

    /// <summary>The new reading is given up and the old one stands.</summary>
    internal const string RefuseReading = """
        update banking.bank_statements_raw set state = 'archived', failure_code = $2, failure_detail = $3, updated_at = $4 where statement_file_id = $1
        """;

    internal const string DeleteReading = "delete from banking.bank_statements where statement_file_id = $1 and attempt = $2";

    internal const string Quarantine = """
        update banking.bank_statements_raw set state = 'quarantined', failure_code = $2, failure_detail = $3, updated_at = $4 where statement_file_id = $1
        """;

    internal const string DeleteProblems = "delete from banking.bank_statement_problems where statement_file_id = $1";

    internal const string DeleteStatement = "delete from banking.bank_statements where statement_id = $1";

    internal const string StatementsOfReading = "select position, statement_id from banking.bank_statements where statement_file_id = $1 and attempt = $2";

    internal const string InsertStatement = """
        insert into banking.bank_statements
            (statement_id, tenant_id, statement_file_id, attempt, position, standing, treasury_account_id, account_masked, account_key, currency, reference, sequence, opening_minor, opening_on)
        values ($1, $2, $3, $4, $5, 'draft', $6, $7, $8, $9, $10, $11, $12, $13)
        """;

    internal const string FinishStatement = """
        update banking.bank_statements
        set verdict = $2, opening_minor = $3, opening_on = $4, closing_minor = $5, closing_on = $6, balanced = $7, reference = $8, sequence = $9, sequence_number = $10, page = $11,
            entries = $12, content_key = $13, first_booked_on = $14, last_booked_on = $15, document = $16
        where statement_id = $1
        """;

    /// <summary>Nobody changes what books on an account while a file of it is being judged.</summary>
    internal const string HoldAccounts = """
        select treasury_account_id from banking.treasury_accounts
        where treasury_account_id in (select treasury_account_id from banking.bank_statements where statement_file_id = $1 and attempt = $2)
        order by treasury_account_id for share
        """;

    /// <summary>A document of the kind that does not book on its account announces, or is compared with those that do (decisions 0056 and 0059).</summary>
    internal const string TakeVerdicts = """
        update banking.bank_statements s
        set standing = case when s.verdict = 'complete' and s.document <> coalesce((select a.booked_by from banking.treasury_accounts a where a.treasury_account_id = s.treasury_account_id), 'statement')
            then 'interim' else s.verdict end
        where s.statement_file_id = $1 and s.attempt = $2 and s.standing = 'draft'
        """;

    internal const string InsertLines = """
        insert into banking.bank_statement_lines
            (line_id, tenant_id, statement_file_id, statement_id, entry, part, status, state, booked_on, value_on, amount_minor, currency, end_to_end_id, bank_reference,
             customer_reference, remittance, counterparty_sealed, counterparty_masked, transaction_code, reversal, structured_reference, charges_minor, original_minor,
             original_currency, exchange_rate, return_reason, file_line, is_return, original_reference)
        select line_id, $1, $2, statement_id, entry, part, status, 'unmatched', booked_on, value_on, amount_minor, currency, end_to_end_id, bank_reference,
             customer_reference, remittance, counterparty_sealed, counterparty_masked, transaction_code, reversal, structured_reference, charges_minor, original_minor,
             original_currency, exchange_rate, return_reason, file_line, is_return, original_reference
        from unnest($3::uuid[], $4::uuid[], $5::integer[], $6::integer[], $7::text[], $8::date[], $9::date[], $10::bigint[], $11::text[], $12::text[], $13::text[],
                    $14::text[], $15::text[], $16::bytea[], $17::text[], $18::text[], $19::boolean[], $20::text[], $21::bigint[], $22::bigint[], $23::text[],
                    $24::numeric[], $25::text[], $26::integer[], $27::boolean[], $28::text[])
            as line (line_id, statement_id, entry, part, status, booked_on, value_on, amount_minor, currency, end_to_end_id, bank_reference,
                     customer_reference, remittance, counterparty_sealed, counterparty_masked, transaction_code, reversal, structured_reference, charges_minor, original_minor,
                     original_currency, exchange_rate, return_reason, file_line, is_return, original_reference)
        """;

    internal const string InsertProblem = """
        insert into banking.bank_statement_problems 
            (statement_file_id, tenant_id, number, code, line, "column", detail, severity, raw) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """;

    internal const string StatementsOf = """
        select statement_id, position, standing, treasury_account_id, account_masked, currency, reference, sequence, opening_minor, opening_on, closing_minor, closing_on, balanced,
            duplicate_of, document
        from banking.bank_statements s
        where statement_file_id = $1 and attempt = (select attempt from banking.bank_statements_raw f where f.statement_file_id = s.statement_file_id)
        order by position
        """;

    internal const string ProblemsOf = """
        select code, line, "column", detail, severity, raw from banking.bank_statement_problems where statement_file_id = $1 order by number
        """;

    internal const string LineColumns = """
        select l.line_id, l.statement_id, l.entry, l.part, l.status, l.state, l.booked_on, l.value_on, l.amount_minor, l.currency, l.end_to_end_id, l.bank_reference,
            l.customer_reference, l.remittance, l.counterparty_masked, l.transaction_code, l.reversal, s.treasury_account_id,
            l.structured_reference, l.charges_minor, l.original_minor, l.original_currency, l.exchange_rate, l.return_reason, l.file_line, l.version, l.booked_as,
            l.is_return, l.original_reference
        from banking.bank_statement_lines l
        join banking.bank_statements s on s.statement_id = l.statement_id

        """;

    /// <summary>In file order: a line's id follows its place in the file.</summary>
    internal const string LinesOf = LineColumns + "where l.statement_file_id = $1 and l.line_id > $2 and ($4::text is null or l.state = $4) and s.attempt = (select attempt from banking.bank_statements_raw where statement_file_id = $1) order by l.line_id limit $3";

    /// <summary>Booked lines of the documents that book, which nobody has explained yet.</summary>
    internal const string OpenLines = LineColumns + """
        where l.statement_file_id = $1 and l.line_id > $2 and l.state = 'unmatched' and l.status = 'booked' and l.booked_as is null and s.standing = 'complete' and s.treasury_account_id is not null
        order by l.line_id
        limit $3
        """;
}
