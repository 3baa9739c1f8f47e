-- The ledger: accounts, journals that add up to zero, and the balances they leave.
--
-- The application role may only read these tables. Everything is written by the functions below, which run as the owner of the schema and
-- check what they write; so no code of ours, however wrong, can post an unbalanced journal or change a balance. Row-level security binds
-- the owner as well: the functions see the caller's tenant and no other.

create table ledger.accounts (
    tenant_id uuid not null references tenancy.tenants,
    account_id uuid not null,
    code text not null check (code ~ '^[A-Za-z0-9_.:-]+(/[A-Za-z0-9_.:-]+)*$' and length(code) <= 200),
    name text not null check (length(name) <= 200),
    currency char(3) not null,
    normal_side text not null check (normal_side in ('debit', 'credit')),
    state text not null default 'open' check (state in ('open', 'frozen', 'closed')),
    -- How many balance rows share the postings of a busy account; see ledger.balances.
    shards smallint not null default 1 check (shards between 1 and 64),
    metadata jsonb not null default '{}',
    opened_at timestamptz not null,
    primary key (tenant_id, account_id),
    unique (tenant_id, code)
);

-- What the postings of an account add up to. Apart from the account, because this row is rewritten by every posting and should stay small.
-- An account that everybody posts to may have several rows (shards); a connection always takes the same one, so its neighbours do not wait.
-- Only the sum of the shards means anything, so a limit, which is checked on one row, needs an account with one.
create table ledger.balances (
    tenant_id uuid not null,
    account_id uuid not null,
    shard smallint not null,
    -- Counts the postings, without a gap.
    version bigint not null default 0,
    -- Only ever grow. Their bound leaves room to add any three of them.
    posted_debits bigint not null default 0 check (posted_debits between 0 and 2305843009213693951),
    posted_credits bigint not null default 0 check (posted_credits between 0 and 2305843009213693951),
    pending_debits bigint not null default 0 check (pending_debits between 0 and 2305843009213693951),
    pending_credits bigint not null default 0 check (pending_credits between 0 and 2305843009213693951),
    -- "Debits must not exceed credits" is a debit limit of zero; an overdraft is a greater one. Holds count, as if they had been posted.
    debit_limit_minor bigint check (debit_limit_minor between 0 and 2305843009213693951),
    credit_limit_minor bigint check (credit_limit_minor between 0 and 2305843009213693951),
    primary key (tenant_id, account_id, shard),
    foreign key (tenant_id, account_id) references ledger.accounts,
    constraint within_debit_limit check (posted_debits + pending_debits - posted_credits <= debit_limit_minor),
    constraint within_credit_limit check (posted_credits + pending_credits - posted_debits <= credit_limit_minor),
    constraint limits_are_on_one_row check (shard = 0 or (debit_limit_minor is null and credit_limit_minor is null))
) with (fillfactor = 50);

-- No foreign keys below this line: checking one locks the referred row, and every posting of a tenant would queue for it. The functions look
-- up what they refer to, and what is referred to can never go away.
create table ledger.journals (
    tenant_id uuid not null,
    journal_id uuid not null,
    -- Named by whoever causes the journal; the same source is the same journal, however often it is posted.
    source text not null check (length(source) between 1 and 200),
    -- SHA-256 of what was asked for: tells a repetition from a conflict.
    digest bytea not null check (length(digest) = 32),
    kind text not null check (kind in ('posted')),
    effective_on date not null,
    recorded_at timestamptz not null,
    description text not null check (length(description) <= 500),
    primary key (tenant_id, journal_id),
    unique (tenant_id, source)
);

create table ledger.postings (
    tenant_id uuid not null,
    journal_id uuid not null,
    line integer not null check (line > 0),
    account_id uuid not null,
    shard smallint not null,
    -- The account's count of postings with this one, and its posted balance after it: a statement of account needs no sum, and a posting
    -- that was removed or altered by force leaves a gap.
    version bigint not null,
    -- A debit is positive, a credit negative.
    amount_minor bigint not null check (amount_minor <> 0),
    after_minor bigint not null,
    currency char(3) not null,
    layer text not null check (layer in ('posted')),
    effective_on date not null,
    primary key (tenant_id, journal_id, line),
    unique (tenant_id, account_id, shard, version)
);

-- One check of a whole statement, not one per row. A journal is written by one statement, so it is complete when this looks at it.
create function ledger.refuse_unbalanced() returns trigger language plpgsql set search_path = '' as $$
begin
    if exists (select from added group by journal_id, currency, layer having sum(amount_minor) <> 0) then
        raise exception 'postings do not add up to zero' using errcode = 'check_violation', constraint = 'balanced', table = 'postings', schema = 'ledger';
    end if;
    return null;
end $$;
create trigger balanced after insert on ledger.postings referencing new table as added for each statement execute function ledger.refuse_unbalanced();

call platform.make_append_only('ledger.journals');
call platform.make_append_only('ledger.postings');

create procedure ledger.guard(target regclass) language plpgsql as $$
begin
    call platform.protect(target);
    execute format('create policy writer on %s to current_user
        using (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))
        with check (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))', target);
    execute format('grant select on %s to modupay_app', target);
end $$;
call ledger.guard('ledger.accounts');
call ledger.guard('ledger.balances');
call ledger.guard('ledger.journals');
call ledger.guard('ledger.postings');
drop procedure ledger.guard;

-- Opens accounts that are not open yet, and answers with those of the given codes that are open with another currency or side.
create function ledger.open_accounts(
    opened_at timestamptz, ids uuid[], codes text[], names text[], currencies text[], sides text[], debit_limits bigint[], credit_limits bigint[], shard_counts integer[])
returns setof text language plpgsql security definer set search_path = '' as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant', true), '');
begin
    -- In the order of the codes, so that two openers of the same accounts cannot wait for each other.
    with opened as (
        insert into ledger.accounts (tenant_id, account_id, code, name, currency, normal_side, shards, opened_at)
        select tenant, wanted.id, wanted.code, wanted.name, wanted.currency, wanted.side, wanted.shards, open_accounts.opened_at
        from unnest(ids, codes, names, currencies, sides, shard_counts) as wanted (id, code, name, currency, side, shards)
        order by wanted.code
        on conflict (tenant_id, code) do nothing
        returning account_id, shards
    )
    insert into ledger.balances (tenant_id, account_id, shard, debit_limit_minor, credit_limit_minor)
    select tenant, opened.account_id, shard, wanted.debit_limit, wanted.credit_limit
    from opened
    join unnest(ids, debit_limits, credit_limits) as wanted (id, debit_limit, credit_limit) on wanted.id = opened.account_id
    cross join generate_series(0, opened.shards - 1) as shard;

    return query
        select account.code
        from unnest(codes, currencies, sides) as wanted (code, currency, side)
        join ledger.accounts as account on account.tenant_id = tenant and account.code = wanted.code
        where account.currency <> wanted.currency or account.normal_side <> wanted.side;
end $$;

-- Posts journals, all of them or none, and says of each what became of it: new, repeated, conflicting, the reason it was refused, or
-- linked_refused when the reason is another journal's. A journal that is not new or repeated left no trace.
--
-- The order is: lock the balances (sorted, so that nobody waits for each other), look for what is already posted, judge, write. What is
-- looked up before the lock would be stale, and what is judged before it would be wrong.
create function ledger.apply(
    recorded timestamptz, ids uuid[], sources text[], digests bytea[], effective date[], descriptions text[],
    line_journals integer[], codes text[], currencies text[], amounts bigint[],
    out outcomes text[], out subjects text[])
language plpgsql set search_path = '' as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant', true), '');
    size constant integer := cardinality(ids);
    accounts uuid[];
    shards smallint[];
    versions bigint[];
    afters bigint[];
    refusal integer[];
    with_lines integer;
    known integer;
    same integer;
    differing integer;
    written integer;
begin
    loop
        with line as materialized (
            select given.n::integer, given.j, given.currency, given.amount, account.account_id, account.currency as account_currency, account.state,
                (pg_backend_pid() % account.shards)::smallint as shard,
                sum(given.amount) over (partition by given.j, given.currency) as imbalance
            from unnest(line_journals, codes, currencies, amounts) with ordinality as given (j, code, currency, amount, n)
            left join ledger.accounts as account on account.tenant_id = tenant and account.code = given.code
        ),
        held as materialized (
            select balance.* from ledger.balances as balance
            where balance.tenant_id = tenant and (balance.account_id, balance.shard) in (select line.account_id, line.shard from line)
            order by balance.account_id, balance.shard
            for no key update
        ),
        running as (
            select line.*, held.version + row_number() over each_line as version,
                held.posted_debits - held.posted_credits + sum(line.amount) over each_line as after,
                held.posted_debits + held.pending_debits - held.posted_credits + sum(line.amount) over each_journal as debit_exposure,
                held.posted_credits + held.pending_credits - held.posted_debits - sum(line.amount) over each_journal as credit_exposure,
                greatest(held.posted_debits, held.posted_credits, held.pending_debits, held.pending_credits) + sum(abs(line.amount)) over each_journal as largest,
                held.debit_limit_minor, held.credit_limit_minor
            from line left join held using (account_id, shard)
            window each_line as (partition by line.account_id order by line.n), each_journal as (partition by line.account_id order by line.j)
        ),
        judged as (
            select running.*, case
                when account_id is null then 1
                when state <> 'open' then 2
                when account_currency <> currency then 3
                when imbalance <> 0 then 4
                when largest > 2305843009213693951 then 5
                when amount > 0 and debit_exposure > debit_limit_minor then 6
                when amount < 0 and credit_exposure > credit_limit_minor then 7
            end as reason
            from running
        )
        select array_agg(account_id order by n), array_agg(shard order by n), array_agg(version order by n),
            -- Beyond the range of a balance there is a refusal, and this is not used.
            array_agg(case when reason is null then after::bigint end order by n),
            min(array[j, reason, n]) filter (where reason is not null),
            count(distinct j)
        into accounts, shards, versions, afters, refusal, with_lines
        from judged;
        if with_lines <> size then
            raise exception 'every journal needs postings' using errcode = 'invalid_parameter_value';
        end if;

        select count(*), count(*) filter (where journal.digest = given.digest), min(given.j) filter (where journal.digest <> given.digest)
        into known, same, differing
        from unnest(sources, digests) with ordinality as given (source, digest, j)
        join ledger.journals as journal on journal.tenant_id = tenant and journal.source = given.source;

        if known > 0 then
            if same = size then
                outcomes := array_fill('repeated'::text, array[size]);
            elsif differing is not null then
                outcomes := array_fill('linked_refused'::text, array[size]);
                outcomes[differing] := 'conflicting';
            else
                -- Some were posted on their own before, so this is not the same set.
                outcomes := array_fill('linked_conflicting'::text, array[size]);
            end if;
            return;
        end if;

        if refusal is not null then
            outcomes := array_fill('linked_refused'::text, array[size]);
            outcomes[refusal[1]] := (array['account_unknown', 'account_closed', 'currency_mismatch', 'journal_unbalanced', 'balance_too_large',
                'debit_limit_exceeded', 'credit_limit_exceeded'])[refusal[2]];
            subjects[refusal[1]] := codes[refusal[3]];
            return;
        end if;

        with journal as (
            insert into ledger.journals (tenant_id, journal_id, source, digest, kind, effective_on, recorded_at, description)
            select tenant, given.id, given.source, given.digest, 'posted', given.effective_on, recorded, given.description
            from unnest(ids, sources, digests, effective, descriptions) as given (id, source, digest, effective_on, description)
            order by given.source
            on conflict (tenant_id, source) do nothing
            returning journal_id
        ),
        line as (
            select row_number() over (partition by given.j order by given.n) as line, ids[given.j] as journal_id, effective[given.j] as effective_on,
                given.account_id, given.shard, given.version, given.amount, given.after, given.currency
            from unnest(line_journals, accounts, shards, versions, amounts, afters, currencies) with ordinality
                as given (j, account_id, shard, version, amount, after, currency, n)
            where (select count(*) from journal) = size
        ),
        posting as (
            insert into ledger.postings (tenant_id, journal_id, line, account_id, shard, version, amount_minor, after_minor, currency, layer, effective_on)
            select tenant, journal_id, line, account_id, shard, version, amount, after, currency, 'posted', effective_on from line
        ),
        change as (
            select account_id, shard, count(*) as lines, sum(greatest(amount, 0))::bigint as debits, sum(greatest(-amount, 0))::bigint as credits
            from line group by account_id, shard
        ),
        moved as (
            update ledger.balances as balance
            set version = balance.version + change.lines, posted_debits = balance.posted_debits + change.debits, posted_credits = balance.posted_credits + change.credits
            from change
            where balance.tenant_id = tenant and balance.account_id = change.account_id and balance.shard = change.shard
        )
        select count(*) into written from journal;

        if written = size then
            outcomes := array_fill('new'::text, array[size]);
            return;
        end if;
        -- A twin with the same source was committed between our look and our insert; it touched other balances, or the lock had shown it.
        -- Look again: alone, nothing was written yet. In company, something was, and must be undone.
        if size > 1 then
            raise exception 'a twin was posted meanwhile' using errcode = 'LE001';
        end if;
    end loop;
end $$;

-- Posts chains of journals: each chain all or nothing, one chain whatever becomes of another. Journals of a chain stand next to each other.
create function ledger.post(
    recorded timestamptz, chains integer[], ids uuid[], sources text[], digests bytea[], effective date[], descriptions text[],
    line_journals integer[], codes text[], currencies text[], amounts bigint[],
    out outcomes text[], out subjects text[])
language plpgsql security definer set search_path = '' as $$
declare
    size constant integer := cardinality(ids);
    first integer := 1;
    last integer;
    first_line integer := 1;
    last_line integer;
    part record;
begin
    if size = 1 then
        select * into outcomes, subjects from ledger.apply(recorded, ids, sources, digests, effective, descriptions, line_journals, codes, currencies, amounts);
        return;
    end if;

    -- Nearly always nothing is wrong with any of them, and then a thousand cost little more than one.
    begin
        select * into outcomes, subjects from ledger.apply(recorded, ids, sources, digests, effective, descriptions, line_journals, codes, currencies, amounts);
        if chains[1] = chains[size] or outcomes <@ array['new'] or outcomes <@ array['repeated'] then
            return;
        end if;
    exception when sqlstate 'LE001' then
        null; -- A twin came between; look again, chain by chain.
    end;

    outcomes := null;
    subjects := null;
    while first <= size loop
        last := first;
        while last < size and chains[last + 1] = chains[first] loop last := last + 1; end loop;
        last_line := first_line;
        while last_line < cardinality(line_journals) and line_journals[last_line + 1] <= last loop last_line := last_line + 1; end loop;
        begin
            select * into part from ledger.apply(recorded, ids[first:last], sources[first:last], digests[first:last], effective[first:last], descriptions[first:last],
                (select array_agg(j - first + 1 order by n) from unnest(line_journals[first_line:last_line]) with ordinality as line (j, n)),
                codes[first_line:last_line], currencies[first_line:last_line], amounts[first_line:last_line]);
        exception when sqlstate 'LE001' then
            continue;
        end;
        outcomes := outcomes || part.outcomes;
        subjects := subjects || coalesce(part.subjects, array_fill(null::text, array[last - first + 1]));
        first := last + 1;
        first_line := last_line + 1;
    end loop;
end $$;

revoke execute on all functions in schema ledger from public;
grant execute on function ledger.open_accounts, ledger.post to modupay_app;
