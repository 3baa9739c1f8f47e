-- People are global: one person may work for several organizations. What identifies them belongs to the platform's own tenant, so that no
-- organization's session can see it; what they may do in an organization belongs to that organization.
create schema people;
grant usage on schema people to modupay_app;

create table people.users (
    user_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    -- A keyed hash: found by an address, and not to be had by trying addresses on a stolen table.
    email_hash bytea not null unique check (length(email_hash) = 32),
    email_sealed bytea not null,
    name_sealed bytea not null,
    -- The text names its own algorithm and parameters, so that they can grow.
    password_hash text not null,
    password_changed_at timestamptz not null,
    totp_sealed bytea,
    totp_pending_sealed bytea,
    -- The last time step whose code was accepted: it and all before it are spent.
    totp_last_step bigint not null default 0,
    created_at timestamptz not null,
    -- The key of what is sealed was destroyed; the row stays because audit entries and sessions name it.
    erased_at timestamptz
);
create index users_tenant on people.users (tenant_id);
call platform.protect('people.users');
grant select, insert on people.users to modupay_app;
grant update (email_hash, email_sealed, name_sealed, password_hash, password_changed_at, totp_sealed, totp_pending_sealed, totp_last_step, erased_at) on people.users to modupay_app;

create table people.recovery_codes (
    user_id uuid not null references people.users,
    code_hash bytea not null check (length(code_hash) = 32),
    tenant_id uuid not null references tenancy.tenants,
    used_at timestamptz,
    primary key (user_id, code_hash)
);
create index recovery_codes_tenant on people.recovery_codes (tenant_id);
call platform.protect('people.recovery_codes');
grant select, insert, delete on people.recovery_codes to modupay_app;
grant update (used_at) on people.recovery_codes to modupay_app;

-- One login, and the family of refresh tokens that came of it. Only the current token works, and for a moment the one before it.
create table people.sessions (
    session_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    user_id uuid not null references people.users,
    organization_id uuid not null references tenancy.organizations,
    -- RFC 8176: how the person proved who he is.
    methods text[] not null,
    address_sealed bytea,
    client text check (length(client) <= 200),
    current_hash bytea not null check (length(current_hash) = 32),
    previous_hash bytea check (length(previous_hash) = 32),
    created_at timestamptz not null,
    rotated_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    ended_reason text check (ended_reason in ('logout', 'logout_everywhere', 'revoked', 'reuse', 'password', 'removed', 'erased')),
    check ((ended_at is null) = (ended_reason is null))
);
create index sessions_tenant on people.sessions (tenant_id);
create index sessions_user on people.sessions (user_id, session_id desc);
create index sessions_organization on people.sessions (organization_id);
call platform.protect('people.sessions');
-- Reading a session for an access token needs nothing but the person the token was signed for.
create policy own on people.sessions for select to modupay_app
    using (user_id = (select nullif(current_setting('app.user', true), '')::uuid));
grant select, insert on people.sessions to modupay_app;
grant update (methods, address_sealed, client, current_hash, previous_hash, rotated_at, ended_at, ended_reason) on people.sessions to modupay_app;

-- Every refresh token a session ever had: a spent one that comes back must be known for what it is.
create table people.refresh_tokens (
    token_hash bytea primary key check (length(token_hash) = 32),
    tenant_id uuid not null references tenancy.tenants,
    session_id uuid not null references people.sessions,
    created_at timestamptz not null
);
create index refresh_tokens_tenant on people.refresh_tokens (tenant_id);
create index refresh_tokens_session on people.refresh_tokens (session_id);
call platform.protect('people.refresh_tokens');
grant select, insert, delete on people.refresh_tokens to modupay_app;

create table people.password_resets (
    token_hash bytea primary key check (length(token_hash) = 32),
    tenant_id uuid not null references tenancy.tenants,
    user_id uuid not null references people.users,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index password_resets_tenant on people.password_resets (tenant_id);
create index password_resets_user on people.password_resets (user_id);
call platform.protect('people.password_resets');
grant select, insert, delete on people.password_resets to modupay_app;
grant update (used_at) on people.password_resets to modupay_app;

-- Failures of an account, an address or a mailbox, each known by a keyed hash only: an account that does not exist is locked as one that does.
create table people.lock_outs (
    subject bytea primary key check (length(subject) = 32),
    tenant_id uuid not null references tenancy.tenants,
    failures integer not null check (failures >= 0),
    last_at timestamptz not null,
    locked_until timestamptz not null
);
create index lock_outs_tenant on people.lock_outs (tenant_id);
create index lock_outs_age on people.lock_outs (last_at);
call platform.protect('people.lock_outs');
grant select, insert, delete on people.lock_outs to modupay_app;
grant update (failures, last_at, locked_until) on people.lock_outs to modupay_app;

-- The public halves are asked of KMS, not of this table: whoever could write here could not make a key of his own trusted.
create table people.signing_keys (
    kid text primary key,
    tenant_id uuid not null references tenancy.tenants,
    name text not null,
    published_at timestamptz not null,
    current_from timestamptz,
    retires_at timestamptz,
    check (retires_at is null or current_from is not null)
);
create index signing_keys_tenant on people.signing_keys (tenant_id);
create unique index signing_keys_current on people.signing_keys (tenant_id) where current_from is not null and retires_at is null;
call platform.protect('people.signing_keys');
grant select, insert on people.signing_keys to modupay_app;
grant update (current_from, retires_at) on people.signing_keys to modupay_app;

-- Who works for an organization, and as what. An empty list of departments means all of them.
create table people.memberships (
    organization_id uuid not null references tenancy.organizations,
    user_id uuid not null references people.users,
    role text not null check (role in ('owner', 'admin', 'developer', 'viewer', 'operator', 'operator_viewer')),
    departments uuid[] not null default '{}',
    created_at timestamptz not null,
    primary key (organization_id, user_id)
);
create index memberships_user on people.memberships (user_id);
call platform.protect_organization('people.memberships');
create policy own on people.memberships for select to modupay_app
    using (user_id = (select nullif(current_setting('app.user', true), '')::uuid));
grant select, insert, delete on people.memberships to modupay_app;
grant update (role, departments) on people.memberships to modupay_app;

create table people.invitations (
    invitation_id uuid primary key,
    organization_id uuid not null references tenancy.organizations,
    email_hash bytea not null check (length(email_hash) = 32),
    email_sealed bytea not null,
    role text not null check (role in ('owner', 'admin', 'developer', 'viewer', 'operator', 'operator_viewer')),
    departments uuid[] not null default '{}',
    token_hash bytea not null unique check (length(token_hash) = 32),
    -- api_key, user, system or operator, and its id.
    invited_by text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    accepted_at timestamptz,
    accepted_by uuid references people.users,
    revoked_at timestamptz,
    check ((accepted_at is null) = (accepted_by is null)),
    check (accepted_at is null or revoked_at is null)
);
create index invitations_organization on people.invitations (organization_id, invitation_id desc);
create index invitations_accepted_by on people.invitations (accepted_by);
-- One open invitation per organization and address: inviting again is sending again.
create unique index invitations_open on people.invitations (organization_id, email_hash) where accepted_at is null and revoked_at is null;
call platform.protect_organization('people.invitations');
-- Whoever holds the token may read the one invitation it is for, before it is known which organization that is.
create policy by_token on people.invitations for select to modupay_app
    using (token_hash = (select decode(nullif(current_setting('app.invitation', true), ''), 'hex')));
grant select, insert on people.invitations to modupay_app;
grant update (email_hash, token_hash, expires_at, accepted_at, accepted_by, revoked_at) on people.invitations to modupay_app;

create table people.security_settings (
    organization_id uuid primary key references tenancy.organizations,
    totp_required boolean not null,
    updated_at timestamptz not null
);
call platform.protect_organization('people.security_settings');
create policy of_member on people.security_settings for select to modupay_app
    using (organization_id in (select organization_id from people.memberships where user_id = (select nullif(current_setting('app.user', true), '')::uuid)));
grant select, insert on people.security_settings to modupay_app;
grant update (totp_required, updated_at) on people.security_settings to modupay_app;

-- Mails that are to be sent, or were. What they say is sealed while they wait and forgotten when they are sent: they hold links that open accounts.
create table notify.mails (
    mail_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    kind text not null,
    content_sealed bytea,
    created_at timestamptz not null,
    sent_at timestamptz,
    -- The mail service's own id of it.
    provider_id text,
    check ((content_sealed is null) = (sent_at is not null))
);
create index mails_newest on notify.mails (tenant_id, mail_id desc);
call platform.protect('notify.mails');
grant select, insert on notify.mails to modupay_app;
grant update (content_sealed, sent_at, provider_id) on notify.mails to modupay_app;
