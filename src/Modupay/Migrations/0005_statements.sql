-- A file as the bank delivered it. The bytes are in the write-once archive under their own SHA-256; the same bytes are one row, however often they come.
create table banking.bank_statements_raw (
    statement_file_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    bank_profile_id uuid not null references banking.bank_profiles,
    state text not null check (state in ('registered', 'parsed', 'stored', 'reconciled', 'archived', 'quarantined')),
    file_name text not null,
    object_key text not null,
    size_bytes bigint not null check (size_bytes >= 0),
    sha256 bytea not null check (length(sha256) = 32),
    format text,
    statements integer,
    lines integer,
    coverage_ppm integer check (coverage_ppm between 0 and 1000000),
    failure_code text,
    failure_detail text,
    received_at timestamptz not null,
    updated_at timestamptz not null,
    unique (tenant_id, sha256)
);
create index bank_statements_raw_profile on banking.bank_statements_raw (bank_profile_id);
create index bank_statements_raw_newest on banking.bank_statements_raw (tenant_id, statement_file_id desc);
call platform.protect('banking.bank_statements_raw');
grant select, insert on banking.bank_statements_raw to modupay_app;
grant update (state, format, statements, lines, coverage_ppm, failure_code, failure_detail, updated_at) on banking.bank_statements_raw to modupay_app;

create table banking.bank_statements (
    statement_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    statement_file_id uuid not null references banking.bank_statements_raw,
    position integer not null check (position > 0),
    -- What may be done with it: a held one waits for a person before money is matched with it.
    standing text not null check (standing in ('complete', 'held')),
    treasury_account_id uuid references banking.treasury_accounts,
    account_masked text not null,
    currency char(3) not null,
    reference text,
    sequence text,
    opening_minor bigint,
    opening_on date,
    closing_minor bigint,
    closing_on date,
    balanced boolean,
    unique (statement_file_id, position)
);
create index bank_statements_account on banking.bank_statements (treasury_account_id, closing_on);
create index bank_statements_tenant on banking.bank_statements (tenant_id, statement_file_id);
call platform.protect('banking.bank_statements');
call platform.confine('banking.bank_statements', 'treasury_account_id in (select treasury_account_id from banking.treasury_accounts)');
-- A file is seen once one of its statements is of an account that is seen; before it is read it belongs to nobody in particular.
call platform.confine('banking.bank_statements_raw', 'statement_file_id in (select statement_file_id from banking.bank_statements)');
grant select, insert, update, delete on banking.bank_statements to modupay_app;

create table banking.bank_statement_lines (
    line_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    statement_file_id uuid not null references banking.bank_statements_raw,
    statement_id uuid not null references banking.bank_statements on delete cascade,
    -- The bank's entry within the statement, and which payment of it when the bank booked several as one.
    entry integer not null check (entry > 0),
    part integer not null check (part > 0),
    status text not null check (status in ('booked', 'pending', 'information', 'expected')),
    state text not null check (state in ('unmatched', 'matched', 'partially_matched', 'ignored')),
    booked_on date,
    value_on date,
    amount_minor bigint not null,
    currency char(3) not null,
    end_to_end_id text,
    bank_reference text,
    customer_reference text,
    remittance text,
    counterparty_sealed bytea,
    counterparty_masked text,
    transaction_code text,
    reversal boolean not null,
    unique (statement_id, entry, part)
);
create index bank_statement_lines_file on banking.bank_statement_lines (statement_file_id);
create index bank_statement_lines_tenant_file on banking.bank_statement_lines (tenant_id, statement_file_id, line_id);
create index bank_statement_lines_unmatched on banking.bank_statement_lines (tenant_id, line_id) where state = 'unmatched';
call platform.protect('banking.bank_statement_lines');
call platform.confine('banking.bank_statement_lines', 'statement_id in (select statement_id from banking.bank_statements)');
grant select, insert, delete on banking.bank_statement_lines to modupay_app;
grant update (state, counterparty_sealed) on banking.bank_statement_lines to modupay_app;

-- What could not be understood in a file, kept with its place in it.
create table banking.bank_statement_problems (
    statement_file_id uuid not null references banking.bank_statements_raw,
    tenant_id uuid not null references tenancy.tenants,
    number integer not null check (number > 0),
    code text not null,
    line integer not null,
    "column" integer not null,
    detail text not null,
    primary key (statement_file_id, number)
);
create index bank_statement_problems_tenant on banking.bank_statement_problems (tenant_id);
call platform.protect('banking.bank_statement_problems');
call platform.confine('banking.bank_statement_problems', 'statement_file_id in (select statement_file_id from banking.bank_statements)');
grant select, insert, delete on banking.bank_statement_problems to modupay_app;

-- The proof that a line is what it is said to be: which rule found it, with what evidence.
create table reconciliation.matches (
    match_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    line_id uuid not null references banking.bank_statement_lines,
    subject_type text not null check (subject_type in ('slice')),
    subject_id uuid not null,
    amount_minor bigint not null,
    currency char(3) not null,
    rule text not null,
    evidence jsonb not null,
    matched_at timestamptz not null,
    unique (line_id, subject_id)
);
create index matches_subject on reconciliation.matches (tenant_id, subject_id);
create index matches_tenant_line on reconciliation.matches (tenant_id, line_id);
call platform.protect('reconciliation.matches');
grant select, insert on reconciliation.matches to modupay_app;
