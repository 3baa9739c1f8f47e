-- A bank: who it is, which rails it offers, and how it speaks.
create table banking.bank_profiles (
    bank_profile_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    name text not null check (length(name) between 1 and 140),
    bic text not null check (bic ~ '^[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$'),
    rails text[] not null check (cardinality(rails) > 0),
    dialect text not null,
    created_at timestamptz not null
);
create index bank_profiles_tenant on banking.bank_profiles (tenant_id, created_at);
call platform.protect('banking.bank_profiles');
grant select, insert, update on banking.bank_profiles to modupay_app;

-- How orders reach that bank. The configuration holds references to secrets, never secrets.
create table banking.bank_connectors_registry (
    connector_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    bank_profile_id uuid not null references banking.bank_profiles,
    kind text not null check (kind in ('rest', 'iso20022', 'mt940', 'csv', 'local')),
    configuration jsonb not null,
    priority integer not null default 0,
    enabled boolean not null default true,
    created_at timestamptz not null
);
create index bank_connectors_registry_profile on banking.bank_connectors_registry (tenant_id, bank_profile_id, priority);
create index bank_connectors_registry_bank_profile_id on banking.bank_connectors_registry (bank_profile_id);
call platform.protect('banking.bank_connectors_registry');
grant select, insert, update on banking.bank_connectors_registry to modupay_app;

-- Every call to a bank: what was asked, how long it took, how it ended. Never what was in it.
create table banking.bank_connector_logs (
    log_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    connector_id uuid not null references banking.bank_connectors_registry,
    operation text not null,
    subject text not null,
    outcome text not null,
    http_status integer,
    duration_ms integer not null,
    attempt integer not null,
    trace_id text,
    at timestamptz not null
);
create index bank_connector_logs_connector on banking.bank_connector_logs (tenant_id, connector_id, at);
create index bank_connector_logs_connector_id on banking.bank_connector_logs (connector_id);
create index bank_connector_logs_subject on banking.bank_connector_logs (tenant_id, subject);
call platform.protect('banking.bank_connector_logs');
call platform.make_append_only('banking.bank_connector_logs');
grant select, insert on banking.bank_connector_logs to modupay_app;

-- The organization's own account at a bank.
create table banking.treasury_accounts (
    treasury_account_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    bank_profile_id uuid not null references banking.bank_profiles,
    name text not null check (length(name) between 1 and 140),
    currency char(3) not null,
    iban_sealed bytea not null,
    iban_hash bytea not null,
    iban_masked text not null,
    order_limit_minor bigint not null check (order_limit_minor > 0),
    approval_required boolean not null default false,
    department_id uuid references tenancy.departments,
    created_at timestamptz not null,
    unique (tenant_id, iban_hash)
);
create index treasury_accounts_profile on banking.treasury_accounts (bank_profile_id);
create index treasury_accounts_department_id on banking.treasury_accounts (department_id);
call platform.protect('banking.treasury_accounts');
call platform.confine('banking.treasury_accounts', $$department_id = any ((select string_to_array(nullif(current_setting('app.departments', true), ''), ','))::uuid[])$$);
grant select, insert, update on banking.treasury_accounts to modupay_app;

create table banking.payouts (
    payout_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    treasury_account_id uuid not null references banking.treasury_accounts,
    state text not null check (state in ('created', 'approved', 'processing', 'settled', 'partially_settled', 'failed', 'canceled')),
    amount_minor bigint not null check (amount_minor > 0),
    currency char(3) not null,
    reference text not null,
    description text,
    -- Sealed for the creditor, as a data subject, and unreadable once his key is erased.
    creditor_sealed bytea not null,
    creditor_subject_id uuid not null references tenancy.data_subjects,
    creditor_masked text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (tenant_id, reference)
);
create index payouts_newest on banking.payouts (tenant_id, payout_id desc);
create index payouts_treasury_account_id on banking.payouts (treasury_account_id);
create index payouts_creditor_subject_id on banking.payouts (creditor_subject_id);
call platform.protect('banking.payouts');
call platform.confine('banking.payouts', 'treasury_account_id in (select treasury_account_id from banking.treasury_accounts)');
grant select, insert on banking.payouts to modupay_app;
grant update (state, creditor_masked, description, updated_at) on banking.payouts to modupay_app;

-- One bank order. The end-to-end id is an ISO 11649 reference: it goes to the bank and comes back in the statement.
create table banking.payout_slices (
    slice_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    payout_id uuid not null references banking.payouts,
    number integer not null check (number > 0),
    state text not null check (state in ('pending', 'dispatching', 'in_doubt', 'sent', 'settled', 'failed', 'returned')),
    amount_minor bigint not null check (amount_minor > 0),
    currency char(3) not null,
    end_to_end_id text not null,
    connector_id uuid references banking.bank_connectors_registry,
    bank_reference text,
    failure_code text,
    failure_detail text,
    claimed_at timestamptz,
    settled_at timestamptz,
    booked_on date,
    updated_at timestamptz not null,
    unique (tenant_id, end_to_end_id),
    unique (payout_id, number)
);
create index payout_slices_connector_id on banking.payout_slices (connector_id);
create index payout_slices_tenant_payout on banking.payout_slices (tenant_id, payout_id);
create index payout_slices_bank_reference on banking.payout_slices (tenant_id, bank_reference) where bank_reference is not null;
call platform.protect('banking.payout_slices');
call platform.confine('banking.payout_slices', 'payout_id in (select payout_id from banking.payouts)');
grant select, insert on banking.payout_slices to modupay_app;
grant update (state, connector_id, bank_reference, failure_code, failure_detail, claimed_at, settled_at, booked_on, updated_at) on banking.payout_slices to modupay_app;
