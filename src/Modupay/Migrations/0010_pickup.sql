-- Where a bank offers its statements by SFTP. A connector carries the bank's credentials, so it serves one bank profile of one tenant: who names it first.
create table banking.statement_pick_ups (
    bank_profile_id uuid primary key references banking.bank_profiles,
    tenant_id uuid not null references tenancy.tenants,
    connector_id text not null unique check (connector_id ~ '^c-[0-9a-f]{17}$'),
    remote_directory text not null check (remote_directory ~ '^/' and length(remote_directory) <= 500),
    file_pattern text not null check (length(file_pattern) between 1 and 100),
    enabled boolean not null,
    -- The listing under way: when it was asked for, and the name of the object it comes in once AWS has told it.
    listing_asked_at timestamptz,
    listing_file text,
    changed_at timestamptz not null
);
create index statement_pick_ups_tenant on banking.statement_pick_ups (tenant_id);
call platform.protect('banking.statement_pick_ups');
grant select, insert, delete on banking.statement_pick_ups to modupay_app;
grant update (listing_asked_at, listing_file) on banking.statement_pick_ups to modupay_app;

create policy relay on banking.statement_pick_ups for select to modupay_relay using (true);
grant usage on schema banking to modupay_relay;
grant select (tenant_id, enabled) on banking.statement_pick_ups to modupay_relay;

-- What was seen at the bank. A file that changes its size or its time is another file; what was fetched is not fetched again.
create table banking.statement_pick_up_files (
    bank_profile_id uuid not null references banking.bank_profiles,
    tenant_id uuid not null references tenancy.tenants,
    path text not null check (length(path) <= 1024),
    size_bytes bigint,
    modified_at timestamptz,
    state text not null default 'seen' check (state in ('seen', 'asked', 'fetched', 'failed')),
    attempts integer not null default 0,
    asked_at timestamptz,
    transfer_id text,
    failure text,
    seen_at timestamptz not null,
    unique nulls not distinct (bank_profile_id, path, size_bytes, modified_at)
);
create index statement_pick_up_files_open on banking.statement_pick_up_files (bank_profile_id, seen_at) where state in ('seen', 'asked');
create index statement_pick_up_files_tenant on banking.statement_pick_up_files (tenant_id);
call platform.protect('banking.statement_pick_up_files');
grant select, insert, delete on banking.statement_pick_up_files to modupay_app;
grant update (state, attempts, asked_at, transfer_id, failure) on banking.statement_pick_up_files to modupay_app;
