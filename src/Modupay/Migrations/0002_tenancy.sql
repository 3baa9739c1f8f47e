create table tenancy.organizations (
    organization_id uuid primary key,
    name text not null check (length(name) between 1 and 200),
    created_at timestamptz not null
);

-- A tenant is one organization in one mode, so test and live data are kept apart by the same policy that keeps organizations apart.
create table tenancy.tenants (
    tenant_id uuid primary key,
    organization_id uuid not null references tenancy.organizations,
    mode text not null check (mode in ('test', 'live')),
    unique (organization_id, mode)
);

create table tenancy.api_keys (
    api_key_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    name text not null check (length(name) between 1 and 100),
    -- SHA-256: the key is 256 random bits, so there is nothing to guess and no reason to be slow.
    key_hash bytea not null unique check (length(key_hash) = 32),
    last_four text not null,
    created_at timestamptz not null,
    revoked_at timestamptz
);
create index api_keys_tenant on tenancy.api_keys (tenant_id, created_at);

-- The organization's keys, wrapped by KMS: one seals values, the other hashes them for look-up. A version that nothing is sealed with any more is destroyed.
create table tenancy.data_keys (
    tenant_id uuid not null references tenancy.tenants,
    purpose text not null check (purpose in ('seal', 'look_up')),
    version integer not null check (version > 0),
    wrapped bytea,
    created_at timestamptz not null,
    destroyed_at timestamptz,
    primary key (tenant_id, purpose, version),
    check ((wrapped is null) = (destroyed_at is not null))
);

-- People whose data we hold: whoever is paid, whoever signs in. Each has a key of his own, sealed with the organization's; without it everything that
-- was sealed for him is unreadable, in every table and in every copy of one. Who it was is then not to be found here either.
create table tenancy.data_subjects (
    subject_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    kind text not null check (kind in ('counterparty', 'user')),
    reference_hash bytea check (length(reference_hash) = 32),
    key_sealed bytea,
    created_at timestamptz not null,
    erased_at timestamptz,
    unique (tenant_id, reference_hash),
    check ((key_sealed is null) = (erased_at is not null)),
    check ((reference_hash is null) = (erased_at is not null))
);

call platform.protect('tenancy.tenants');
call platform.protect('tenancy.api_keys');
call platform.protect('tenancy.data_keys');
call platform.protect('tenancy.data_subjects');

-- Before a request is known to belong to a tenant, it can be looked up by what only its sender knows: nobody can list keys this way.
create policy by_hash on tenancy.api_keys for select to modupay_app
    using (key_hash = (select decode(nullif(current_setting('app.key_hash', true), ''), 'hex')));
-- A statement file names its organization in its path; the organization's tenants are found by that name only.
create policy by_organization on tenancy.tenants for select to modupay_app
    using (organization_id = (select nullif(current_setting('app.organization', true), '')::uuid));

-- An organization has no tenant column: it is seen by its own tenants, and by whoever names it while making it.
alter table tenancy.organizations enable row level security;
alter table tenancy.organizations force row level security;
create policy own on tenancy.organizations to modupay_app
    using (
        organization_id = (select nullif(current_setting('app.organization', true), '')::uuid)
        or organization_id in (select organization_id from tenancy.tenants where tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid)))
    with check (organization_id = (select nullif(current_setting('app.organization', true), '')::uuid));

grant select, insert on tenancy.organizations, tenancy.tenants to modupay_app;
grant select, insert on tenancy.data_keys, tenancy.data_subjects to modupay_app;
grant update (wrapped, destroyed_at) on tenancy.data_keys to modupay_app;
grant update (reference_hash, key_sealed, erased_at) on tenancy.data_subjects to modupay_app;
grant select, insert on tenancy.api_keys to modupay_app;
grant update (revoked_at) on tenancy.api_keys to modupay_app;
