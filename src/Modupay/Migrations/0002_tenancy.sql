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

-- The organization's keys, wrapped by KMS: one seals values, the other hashes them for look-up. Destroying them makes every value unreadable.
create table tenancy.data_keys (
    tenant_id uuid not null references tenancy.tenants,
    purpose text not null check (purpose in ('seal', 'look_up')),
    version integer not null check (version > 0),
    wrapped bytea not null,
    created_at timestamptz not null,
    primary key (tenant_id, purpose, version)
);

call platform.protect('tenancy.tenants');
call platform.protect('tenancy.api_keys');
call platform.protect('tenancy.data_keys');

-- Before a request is known to belong to a tenant, it can be looked up by what only its sender knows: nobody can list keys this way.
create policy by_hash on tenancy.api_keys for select to modupay_app
    using (key_hash = (select decode(nullif(current_setting('app.key_hash', true), ''), 'hex')));
-- A statement file names its organization in its path; the organization's tenants are found by that name only.
create policy by_organization on tenancy.tenants for select to modupay_app
    using (organization_id = (select nullif(current_setting('app.organization', true), '')::uuid));
-- What is done for every tenant in turn is started by the relay role, which learns who they are and nothing else of them.
create policy relay on tenancy.tenants for select to modupay_relay using (true);
grant usage on schema tenancy to modupay_relay;
grant select (tenant_id) on tenancy.tenants to modupay_relay;

-- An organization has no tenant column: it is seen by its own tenants, and by whoever names it while making it.
alter table tenancy.organizations enable row level security;
alter table tenancy.organizations force row level security;
create policy own on tenancy.organizations to modupay_app
    using (
        organization_id = (select nullif(current_setting('app.organization', true), '')::uuid)
        or organization_id in (select organization_id from tenancy.tenants where tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid)))
    with check (organization_id = (select nullif(current_setting('app.organization', true), '')::uuid));

grant select, insert on tenancy.organizations, tenancy.tenants to modupay_app;
grant select, insert on tenancy.data_keys to modupay_app;
grant select, insert on tenancy.api_keys to modupay_app;
grant update (revoked_at) on tenancy.api_keys to modupay_app;
