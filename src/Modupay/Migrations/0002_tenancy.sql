-- A partner is an organization that owns others and may act for them; the platform itself is the one whose members operate it.
create table tenancy.organizations (
    organization_id uuid primary key,
    kind text not null check (kind in ('organization', 'partner', 'platform')),
    partner_id uuid references tenancy.organizations,
    name text not null check (length(name) between 1 and 200),
    -- How its pages and receipts look.
    display_name text check (length(display_name) between 1 and 200),
    primary_color text check (primary_color ~ '^#[0-9a-f]{6}$'),
    accent_color text check (accent_color ~ '^#[0-9a-f]{6}$'),
    languages text[] not null default '{en}' check (cardinality(languages) between 1 and 10),
    logo bytea check (length(logo) <= 131072),
    logo_media_type text check (logo_media_type in ('image/png', 'image/jpeg')),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    check (partner_id is null or kind = 'organization'),
    check ((logo is null) = (logo_media_type is null))
);
create index organizations_partner_id on tenancy.organizations (partner_id);
create unique index organizations_one_platform on tenancy.organizations (kind) where kind = 'platform';

-- A tenant is one organization in one mode, so test and live data are kept apart by the same policy that keeps organizations apart.
create table tenancy.tenants (
    tenant_id uuid primary key,
    organization_id uuid not null references tenancy.organizations,
    mode text not null check (mode in ('test', 'live')),
    unique (organization_id, mode)
);

-- Inserted before row-level security is forced, which binds the owner too.
insert into tenancy.organizations (organization_id, kind, name, created_at, updated_at)
values ('00000000-0000-7000-8000-000000000001', 'platform', 'Platform', now(), now());
insert into tenancy.tenants (tenant_id, organization_id, mode) values
    ('00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000001', 'live'),
    ('00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000001', 'test');

create table tenancy.api_keys (
    api_key_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    name text not null check (length(name) between 1 and 100),
    -- SHA-256: the key is 256 random bits, so there is nothing to guess and no reason to be slow.
    key_hash bytea not null unique check (length(key_hash) = 32),
    last_four text not null,
    scopes text[] not null check (cardinality(scopes) > 0),
    -- Networks in CIDR notation; none means from anywhere.
    allowed_ranges text[] not null default '{}',
    created_at timestamptz not null,
    created_by text not null,
    -- The key that this one takes over from. Both work until the older one expires.
    replaces uuid references tenancy.api_keys,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);
create index api_keys_tenant on tenancy.api_keys (tenant_id, api_key_id desc);
create index api_keys_replaces on tenancy.api_keys (replaces);

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

-- A service or a régie inside an organization. It exists in both modes alike, so it belongs to the organization.
create table tenancy.departments (
    department_id uuid primary key,
    organization_id uuid not null references tenancy.organizations,
    name text not null check (length(name) between 1 and 200),
    code text not null check (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$'),
    created_at timestamptz not null,
    archived_at timestamptz,
    unique (organization_id, code)
);

call platform.protect('tenancy.tenants');
call platform.protect('tenancy.api_keys');
call platform.protect('tenancy.data_keys');
call platform.protect('tenancy.data_subjects');
call platform.protect_organization('tenancy.departments');
call platform.confine('tenancy.departments', $$department_id = any ((select string_to_array(nullif(current_setting('app.departments', true), ''), ','))::uuid[])$$);

-- Before a request is known to belong to a tenant, it can be looked up by what only its sender knows: nobody can list keys this way.
create policy by_hash on tenancy.api_keys for select to modupay_app
    using (key_hash = (select decode(nullif(current_setting('app.key_hash', true), ''), 'hex')));
create policy by_hash on tenancy.tenants for select to modupay_app
    using (tenant_id in (select tenant_id from tenancy.api_keys where key_hash = (select decode(nullif(current_setting('app.key_hash', true), ''), 'hex'))));
-- A statement file names its organization in its path, a partner in a header; the organization's tenants are found by that name only.
create policy by_organization on tenancy.tenants for select to modupay_app
    using (organization_id = (select nullif(current_setting('app.organization', true), '')::uuid));
-- What is done for every tenant in turn is started by the relay role, which learns who they are and nothing else of them.
create policy relay on tenancy.tenants for select to modupay_relay using (true);
grant usage on schema tenancy to modupay_relay;
grant select (tenant_id) on tenancy.tenants to modupay_relay;

-- An organization is seen by its own tenants, its partner, the platform's operators, and whoever names it while making it. Naming it is not
-- enough to change it.
alter table tenancy.organizations enable row level security;
alter table tenancy.organizations force row level security;
create policy seen on tenancy.organizations for select to modupay_app
    using (
        organization_id in (select organization_id from tenancy.tenants)
        or partner_id = (select organization_id from tenancy.tenants where tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid))
        or (select organization_id from tenancy.tenants where tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid)) = '00000000-0000-7000-8000-000000000001');
create policy made on tenancy.organizations for insert to modupay_app
    with check (organization_id = (select nullif(current_setting('app.organization', true), '')::uuid));
create policy changed on tenancy.organizations for update to modupay_app
    using (
        organization_id = (select organization_id from tenancy.tenants where tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid))
        or partner_id = (select organization_id from tenancy.tenants where tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid))
        or (select organization_id from tenancy.tenants where tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid)) = '00000000-0000-7000-8000-000000000001');

grant select, insert on tenancy.organizations, tenancy.tenants to modupay_app;
grant update (name, display_name, primary_color, accent_color, languages, logo, logo_media_type, updated_at) on tenancy.organizations to modupay_app;
grant select, insert on tenancy.data_keys, tenancy.data_subjects to modupay_app;
grant update (wrapped, destroyed_at) on tenancy.data_keys to modupay_app;
grant update (reference_hash, key_sealed, erased_at) on tenancy.data_subjects to modupay_app;
grant select, insert on tenancy.api_keys to modupay_app;
grant update (revoked_at, expires_at, last_used_at) on tenancy.api_keys to modupay_app;
grant select, insert on tenancy.departments to modupay_app;
grant update (name, archived_at) on tenancy.departments to modupay_app;
