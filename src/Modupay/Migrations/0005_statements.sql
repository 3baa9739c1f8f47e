-- How this bank writes its statements, when none of the profiles that come with the product says it: the same file, kept with the bank.
alter table banking.bank_profiles add column dialect_definition jsonb;

-- Which documents book on an account: the bank's statements, or its notifications where it sends nothing else. The other kind is only compared.
alter table banking.treasury_accounts add column booked_by text not null default 'statement' check (booked_by in ('statement', 'notification'));

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
    encoding text,
    dialect text,
    statements integer,
    lines integer,
    coverage_ppm integer check (coverage_ppm between 0 and 1000000),
    failure_code text,
    failure_detail text,
    -- Each reading of the bytes is an attempt. The one that counts is 'attempt'; a later one is under way while 'reading' is ahead of it.
    attempt integer not null default 1 check (attempt > 0),
    reading integer not null default 1 check (reading >= attempt),
    -- How many lines of the reading under way are committed: where the next slice of work goes on.
    lines_stored bigint not null default 0,
    received_at timestamptz not null,
    updated_at timestamptz not null,
    unique (tenant_id, sha256)
);
create index bank_statements_raw_profile on banking.bank_statements_raw (bank_profile_id);
create index bank_statements_raw_newest on banking.bank_statements_raw (tenant_id, statement_file_id desc);
call platform.protect('banking.bank_statements_raw');
grant select, insert on banking.bank_statements_raw to modupay_app;
grant update (state, format, encoding, dialect, statements, lines, coverage_ppm, failure_code, failure_detail, attempt, reading, lines_stored, updated_at)
    on banking.bank_statements_raw to modupay_app;

-- Under which names the bytes have come. The second name is how a bank's repetition is seen.
create table banking.bank_statement_arrivals (
    statement_file_id uuid not null references banking.bank_statements_raw,
    tenant_id uuid not null references tenancy.tenants,
    file_name text not null,
    arrived_at timestamptz not null,
    primary key (statement_file_id, file_name)
);
create index bank_statement_arrivals_name on banking.bank_statement_arrivals (tenant_id, file_name);
call platform.protect('banking.bank_statement_arrivals');
grant select, insert on banking.bank_statement_arrivals to modupay_app;

create table banking.bank_statements (
    statement_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    statement_file_id uuid not null references banking.bank_statements_raw,
    attempt integer not null default 1,
    position integer not null check (position > 0),
    -- What may be done with it. A draft is still being read; a held one waits for a person before money is matched with it; a duplicate says what
    -- another file has said before, perhaps in another format; an interim one is of a kind that does not book on this account: it announces, or is compared.
    standing text not null check (standing in ('draft', 'complete', 'held', 'duplicate', 'interim')),
    -- What the reader made of it, and what kind of document it is: both decide its standing once the file is read to its end.
    verdict text check (verdict in ('complete', 'held')),
    document text not null default 'statement' check (document in ('statement', 'report', 'notification')),
    -- When a notification that books was compared with those before it, so that none of its entries is booked a second time.
    admitted_at timestamptz,
    treasury_account_id uuid references banking.treasury_accounts,
    account_masked text not null,
    -- The account as a keyed hash, so that statements of one account are found whether it is one of ours or not.
    account_key bytea not null,
    currency char(3) not null,
    reference text,
    sequence text,
    sequence_number integer,
    page integer,
    opening_minor bigint,
    opening_on date,
    closing_minor bigint,
    closing_on date,
    balanced boolean,
    entries integer,
    -- Balances and movements as one hash, the same in whatever format and under whatever name they come.
    content_key bytea,
    duplicate_of uuid references banking.bank_statements,
    first_booked_on date,
    last_booked_on date,
    unique (statement_file_id, attempt, position)
);
create index bank_statements_account on banking.bank_statements (treasury_account_id, closing_on);
create index bank_statements_chain on banking.bank_statements (tenant_id, account_key, currency, closing_on);
create index bank_statements_tenant on banking.bank_statements (tenant_id, statement_file_id);
create index bank_statements_duplicate_of on banking.bank_statements (duplicate_of);
call platform.protect('banking.bank_statements');
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
    structured_reference text,
    counterparty_sealed bytea,
    counterparty_masked text,
    transaction_code text,
    reversal boolean not null,
    charges_minor bigint,
    original_minor bigint,
    original_currency char(3),
    exchange_rate numeric,
    return_reason text,
    -- The bank says that it gives a payment back, and what that payment was called if not as the line itself.
    is_return boolean not null default false,
    original_reference text,
    -- Where it stands in the file, from 1.
    file_line integer not null default 1,
    version integer not null default 1,
    -- Of a line that was announced, compared or said again: the line that is in the books. No foreign key: it would cost every line of every statement an index, and
    -- a line that was booked is never deleted.
    booked_as uuid,
    unique (statement_id, entry, part)
);
create index bank_statement_lines_file on banking.bank_statement_lines (statement_file_id, line_id);
create index bank_statement_lines_newest on banking.bank_statement_lines (tenant_id, line_id desc);
create index bank_statement_lines_unmatched on banking.bank_statement_lines (tenant_id, line_id) where state in ('unmatched', 'partially_matched');
call platform.protect('banking.bank_statement_lines');
grant select, insert, delete on banking.bank_statement_lines to modupay_app;
-- The words may be read anew; what the bank moved, when, and in which currency may not.
grant update (state, statement_id, end_to_end_id, bank_reference, customer_reference, remittance, structured_reference, counterparty_sealed, counterparty_masked, transaction_code,
    charges_minor, original_minor, original_currency, exchange_rate, return_reason, is_return, original_reference, version, booked_as) on banking.bank_statement_lines to modupay_app;

-- What a line said before its file was read again.
create table banking.bank_statement_line_versions (
    line_id uuid not null references banking.bank_statement_lines on delete cascade,
    tenant_id uuid not null references tenancy.tenants,
    version integer not null,
    said jsonb not null,
    replaced_at timestamptz not null,
    primary key (line_id, version)
);
create index bank_statement_line_versions_tenant on banking.bank_statement_line_versions (tenant_id);
call platform.protect('banking.bank_statement_line_versions');
grant select, insert on banking.bank_statement_line_versions to modupay_app;

-- What does not follow from one statement to the next. It is found again at every change of the account's statements, and resolved, never deleted.
create table banking.bank_statement_findings (
    finding_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    kind text not null check (kind in ('balance_gap', 'sequence_gap', 'days_missing', 'duplicate', 'back_dated', 'announced_not_booked', 'account_unknown')),
    state text not null check (state in ('open', 'resolved')),
    -- The statement at which it shows, and the one before it where there is one.
    statement_id uuid not null references banking.bank_statements on delete cascade,
    previous_statement_id uuid references banking.bank_statements on delete set null,
    treasury_account_id uuid references banking.treasury_accounts,
    account_key bytea not null,
    account_masked text not null,
    currency char(3) not null,
    expected text,
    found text,
    from_on date,
    to_on date,
    found_at timestamptz not null,
    resolved_at timestamptz,
    unique (tenant_id, kind, statement_id),
    check ((state = 'resolved') = (resolved_at is not null))
);
create index bank_statement_findings_newest on banking.bank_statement_findings (tenant_id, finding_id desc);
create index bank_statement_findings_account on banking.bank_statement_findings (tenant_id, account_key, currency);
create index bank_statement_findings_statement on banking.bank_statement_findings (statement_id);
create index bank_statement_findings_previous on banking.bank_statement_findings (previous_statement_id);
create index bank_statement_findings_treasury on banking.bank_statement_findings (treasury_account_id);
call platform.protect('banking.bank_statement_findings');
grant select, insert on banking.bank_statement_findings to modupay_app;
grant update (state, previous_statement_id, expected, found, from_on, to_on, found_at, resolved_at) on banking.bank_statement_findings to modupay_app;

-- What could not be understood in a file, kept with its place in it.
create table banking.bank_statement_problems (
    statement_file_id uuid not null references banking.bank_statements_raw,
    tenant_id uuid not null references tenancy.tenants,
    number integer not null check (number > 0),
    code text not null,
    line integer not null,
    "column" integer not null,
    detail text not null,
    severity text not null check (severity in ('warning', 'error')),
    -- What could not be understood, as it stands in the file, cut to a readable length.
    raw text,
    primary key (statement_file_id, number)
);
create index bank_statement_problems_tenant on banking.bank_statement_problems (tenant_id);
call platform.protect('banking.bank_statement_problems');
call platform.confine('banking.bank_statement_problems', 'statement_file_id in (select statement_file_id from banking.bank_statements)');
grant select, insert, delete on banking.bank_statement_problems to modupay_app;
