-- The ledger: accounts, journals that add up to zero, and the balances they leave.
--
-- The application role may only read these tables. Everything is written by the functions below, which run as the owner of the schema and
-- check what they write; so no code of ours, however wrong, can post an unbalanced journal or change a balance. Row-level security binds
-- the owner as well: the functions see the caller's tenant and no other.
--
-- PostgreSQL reads the text of every check constraint again for every statement, which cost a third of a posting. So the tables that every
-- posting writes have the one check that matters, and ledger.post makes the small ones itself.

-- The chart of accounts: every account belongs to the node that fits the beginning of its code best, segment by segment, and obeys it. A segment
-- * of a node fits any one segment, so the node * takes what belongs nowhere else; without it, there is no such account.
create table ledger.chart_nodes (
    tenant_id uuid not null references tenancy.tenants,
    code text not null check (code ~ '^([A-Za-z0-9_.:-]+|[*])(/([A-Za-z0-9_.:-]+|[*]))*$' and length(code) <= 200),
    name text not null check (length(name) <= 200),
    -- Null leaves the choice to who opens the account.
    normal_side text check (normal_side in ('debit', 'credit')),
    currency char(3),
    -- Null when the organization made the node itself.
    template text,
    primary key (tenant_id, code)
);

create table ledger.accounts (
    tenant_id uuid not null references tenancy.tenants,
    account_id uuid not null,
    chart_code text not null,
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
    unique (tenant_id, code),
    foreign key (tenant_id, chart_code) references ledger.chart_nodes
);
create index accounts_chart on ledger.accounts (tenant_id, chart_code);

-- What the postings of an account add up to. Apart from the account, because this row is rewritten by every posting and should stay small.
-- An account that everybody posts to may have several rows (shards); a connection always takes the same one, so its neighbours do not wait.
-- Only the sum of the shards means anything, so a limit, which is checked on one row, needs an account with one.
create table ledger.balances (
    tenant_id uuid not null,
    account_id uuid not null,
    shard smallint not null,
    -- Repeats the account's state, because this row is locked by who posts and that one is not: an account closes between two postings.
    is_open boolean not null default true,
    -- Counts the postings, without a gap.
    version bigint not null default 0,
    posted_debits bigint not null default 0,
    posted_credits bigint not null default 0,
    pending_debits bigint not null default 0,
    pending_credits bigint not null default 0,
    -- "Debits must not exceed credits" is a debit limit of zero; an overdraft is a greater one. Holds count, as if they had been posted.
    debit_limit_minor bigint,
    credit_limit_minor bigint,
    -- The account first: then no plan of ledger.post_plain can read the balances of a tenant where it should go from account to account.
    primary key (account_id, tenant_id, shard),
    foreign key (tenant_id, account_id) references ledger.accounts,
    constraint within_limits check (
        posted_debits + pending_debits - posted_credits <= debit_limit_minor and posted_credits + pending_credits - posted_debits <= credit_limit_minor)
) with (fillfactor = 50);

-- No foreign keys below this line: checking one locks the referred row, and every posting of a tenant would queue for it. The functions look
-- up what they refer to, and what is referred to can never go away.
create table ledger.journals (
    tenant_id uuid not null,
    journal_id uuid not null,
    -- Named by whoever causes the journal; the same source is the same journal, however often it is posted.
    source text not null,
    -- SHA-256 of what was asked for: tells a repetition from a conflict.
    digest bytea not null,
    -- posted, pending, post, void, expire, reversal
    kind text not null,
    effective_on date not null,
    recorded_at timestamptz not null,
    description text not null,
    -- The pending journal that this one posts, voids or expires, or the journal that it reverses.
    related_id uuid,
    expires_at timestamptz,
    primary key (tenant_id, journal_id),
    unique (tenant_id, source)
);
-- A hold ends once, and a journal is reversed once; both may be asked of one journal, which was pending and is posted.
create unique index journals_ends_hold on ledger.journals (tenant_id, related_id) where kind in ('post', 'void', 'expire');
create unique index journals_reverses on ledger.journals (tenant_id, related_id) where kind = 'reversal';

-- The pending journals that are still open. Whoever ends one takes its row, so two who try at once do it one after the other.
create table ledger.holds (
    tenant_id uuid not null,
    journal_id uuid not null,
    expires_at timestamptz,
    primary key (tenant_id, journal_id)
);
create index holds_expiry on ledger.holds (tenant_id, expires_at) where expires_at is not null;

-- The journals that are not yet in a block. Without an index: it is a queue that is emptied every minute.
create table ledger.unsealed (
    tenant_id uuid not null,
    journal_id uuid not null
);

-- Journals in the order in which they were sealed, a Merkle tree per block and the blocks in a chain. Whoever alters a journal as superuser
-- has to alter every block after it, and then the head that was signed and locked away does not fit any more.
create table ledger.blocks (
    tenant_id uuid not null,
    number bigint not null check (number > 0),
    journals integer not null check (journals > 0),
    root bytea not null check (length(root) = 32),
    previous bytea not null check (length(previous) = 32),
    hash bytea not null check (length(hash) = 32),
    sealed_at timestamptz not null,
    primary key (tenant_id, number)
);
create table ledger.block_journals (
    tenant_id uuid not null,
    journal_id uuid not null,
    number bigint not null,
    position integer not null check (position >= 0),
    leaf bytea not null check (length(leaf) = 32),
    primary key (tenant_id, journal_id),
    unique (tenant_id, number, position),
    foreign key (tenant_id, number) references ledger.blocks
);
-- The root of the tree over all blocks so far, signed.
create table ledger.heads (
    tenant_id uuid not null,
    blocks bigint not null check (blocks > 0),
    root bytea not null check (length(root) = 32),
    key_id text not null,
    signature bytea not null,
    signed_at timestamptz not null,
    primary key (tenant_id, blocks),
    foreign key (tenant_id, blocks) references ledger.blocks
);

create table ledger.postings (
    tenant_id uuid not null,
    journal_id uuid not null,
    line integer not null,
    account_id uuid not null,
    shard smallint not null,
    -- The account's count of postings with this one, and its posted balance after it: a statement of account needs no sum, and a posting
    -- that was removed or altered by force leaves a gap.
    version bigint not null,
    -- A debit is positive, a credit negative.
    amount_minor bigint not null,
    after_minor bigint not null,
    currency char(3) not null,
    -- posted moves the balance, pending reserves, and released, in the journal that ends the hold, gives the same back.
    layer text not null,
    effective_on date not null,
    -- Without the tenant, because the id of a journal or an account is nobody else's: it makes the indexes of the largest table a third smaller.
    primary key (journal_id, line),
    unique (account_id, shard, version)
);

-- What the postings of an account up to a version add up to, day by day of their effective dates: the balance at a date is these days and the few
-- postings since. A posting that is dated back falls to its day when it is rolled up, so nothing here is ever out of date.
create table ledger.day_totals (
    tenant_id uuid not null,
    account_id uuid not null,
    effective_on date not null,
    debits bigint not null,
    credits bigint not null,
    primary key (tenant_id, account_id, effective_on)
);
create table ledger.day_marks (
    tenant_id uuid not null,
    account_id uuid not null,
    shard smallint not null,
    version bigint not null,
    primary key (tenant_id, account_id, shard)
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
call platform.make_append_only('ledger.blocks');
call platform.make_append_only('ledger.block_journals');
call platform.make_append_only('ledger.heads');

create procedure ledger.guard(target regclass) language plpgsql as $$
begin
    call platform.protect(target);
    execute format('create policy writer on %s to current_user
        using (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))
        with check (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))', target);
    execute format('grant select on %s to modupay_app', target);
end $$;
call ledger.guard('ledger.chart_nodes');
call ledger.guard('ledger.accounts');
call ledger.guard('ledger.balances');
call ledger.guard('ledger.journals');
call ledger.guard('ledger.postings');
call ledger.guard('ledger.day_totals');
call ledger.guard('ledger.day_marks');
call ledger.guard('ledger.holds');
call ledger.guard('ledger.unsealed');
call ledger.guard('ledger.blocks');
call ledger.guard('ledger.block_journals');
call ledger.guard('ledger.heads');

-- The sweeps ask which tenants have something to seal or to expire, and see nothing else.
create policy relay on ledger.unsealed for select to modupay_relay using (true);
create policy relay on ledger.holds for select to modupay_relay using (true);
grant usage on schema ledger to modupay_relay;
grant select (tenant_id) on ledger.unsealed to modupay_relay;
grant select (tenant_id, expires_at) on ledger.holds to modupay_relay;
drop procedure ledger.guard;

-- Adds the nodes that are not there yet; none is ever changed or taken away.
create function ledger.add_chart_nodes(codes text[], names text[], sides text[], currencies text[], template text)
returns bigint language sql security definer set search_path = '' as $$
    with added as (
        insert into ledger.chart_nodes (tenant_id, code, name, normal_side, currency, template)
        select nullif(current_setting('app.tenant', true), '')::uuid, node.code, node.name, node.side, node.currency, add_chart_nodes.template
        from unnest(codes, names, sides, currencies) as node (code, name, side, currency)
        order by node.code
        on conflict (tenant_id, code) do nothing
        returning 1
    )
    select count(*) from added
$$;

-- The node that an account of this code belongs to, or null.
create function ledger.chart_node(tenant uuid, account_code text) returns text language sql stable set search_path = '' as $$
    select node.code from ledger.chart_nodes as node
    where node.tenant_id = tenant and account_code ~ ('^' || replace(replace(node.code, '.', '[.]'), '*', '[^/]+') || '(/|$)')
    order by regexp_count(node.code, '/') desc, regexp_count(node.code, '[*]'), node.code limit 1
$$;

-- Opens accounts that are not open yet, and answers with those that cannot be as they are wanted, and why.
create function ledger.open_accounts(
    opened_at timestamptz, ids uuid[], codes text[], names text[], currencies text[], sides text[], debit_limits bigint[], credit_limits bigint[], shard_counts integer[],
    metadata jsonb[])
returns table (account text, reason text) language plpgsql security definer set search_path = '' as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant', true), '');
begin
    -- What is judged on one row cannot be limited on several.
    if exists (select from unnest(debit_limits, credit_limits, shard_counts) as wanted (debit_limit, credit_limit, shards)
               where wanted.shards > 1 and coalesce(wanted.debit_limit, wanted.credit_limit) is not null or least(wanted.debit_limit, wanted.credit_limit) < 0) then
        raise exception 'an account with shards has no limits, and a limit is not negative' using errcode = 'invalid_parameter_value';
    end if;

    -- All of them, or none and the reasons.
    return query
        select wanted.code, case
            when known.account_id is not null then case when known.currency <> wanted.currency or known.normal_side <> wanted.side then 'account_different' end
            when node.code is null then 'account_outside_chart'
            when node.normal_side <> wanted.side or node.currency <> wanted.currency then 'account_against_chart'
        end
        from unnest(codes, currencies, sides) as wanted (code, currency, side)
        left join ledger.accounts as known on known.tenant_id = tenant and known.code = wanted.code
        left join ledger.chart_nodes as node on node.tenant_id = tenant and node.code = ledger.chart_node(tenant, wanted.code)
        where case
            when known.account_id is not null then known.currency <> wanted.currency or known.normal_side <> wanted.side
            else node.code is null or coalesce(node.normal_side <> wanted.side, false) or coalesce(node.currency <> wanted.currency, false) end;
    if found then return; end if;

    -- In the order of the codes, so that two openers of the same accounts cannot wait for each other.
    with opened as (
        insert into ledger.accounts (tenant_id, account_id, chart_code, code, name, currency, normal_side, shards, metadata, opened_at)
        select tenant, wanted.id, ledger.chart_node(tenant, wanted.code), wanted.code, wanted.name, wanted.currency, wanted.side, wanted.shards, wanted.metadata, open_accounts.opened_at
        from unnest(ids, codes, names, currencies, sides, shard_counts, open_accounts.metadata) as wanted (id, code, name, currency, side, shards, metadata)
        order by wanted.code
        on conflict (tenant_id, code) do nothing
        returning account_id, shards
    )
    insert into ledger.balances (tenant_id, account_id, shard, debit_limit_minor, credit_limit_minor)
    select tenant, opened.account_id, shard, wanted.debit_limit, wanted.credit_limit
    from opened
    join unnest(ids, debit_limits, credit_limits) as wanted (id, debit_limit, credit_limit) on wanted.id = opened.account_id
    cross join generate_series(0, opened.shards - 1) as shard;

    -- Somebody else may have opened one of them since we looked, as something else.
    return query
        select wanted.code, 'account_different'
        from unnest(codes, currencies, sides) as wanted (code, currency, side)
        join ledger.accounts as known on known.tenant_id = tenant and known.code = wanted.code
        where known.currency <> wanted.currency or known.normal_side <> wanted.side;
end $$;

-- What ends a hold gives back exactly what the hold took. Our own code makes sure of that; this makes sure of our own code.
create function ledger.require_release(hold uuid, account_ids uuid[], amounts bigint[]) returns void language plpgsql set search_path = '' as $$
declare
    held record;
begin
    select array_agg(account_id order by line) as accounts, array_agg(amount_minor order by line) as amounts into held
    from ledger.postings where journal_id = hold and layer = 'pending' and tenant_id = nullif(current_setting('app.tenant', true), '')::uuid;
    if held.accounts is distinct from account_ids or held.amounts is distinct from amounts then
        raise exception 'hold % is not released as it was made', hold using errcode = 'invalid_parameter_value';
    end if;
end $$;

-- Posts chains of journals: each chain all or nothing, one chain whatever becomes of another. Says of each journal what became of it: new,
-- repeated, conflicting, linked_refused when the reason is another journal of its chain, or its own reason; and of which account that speaks.
-- A journal that is not new left no trace.
--
-- Journals, lines and conditions come as columns. Lines stand in the order of their journals, journals of a chain next to each other, and no
-- source comes twice. A line and a condition name their account by its place among the codes.
--
-- The order is: lock (sorted, so that nobody waits in a circle), look for what is already posted, judge in memory, write. What is looked up
-- before the lock would be stale, and what is judged before it would be wrong. A thousand journals take as many statements as one.
create function ledger.post(
    recorded timestamptz,
    chains integer[], ids uuid[], sources text[], digests bytea[], kinds text[], effective date[], descriptions text[], related uuid[], expiries timestamptz[],
    codes text[], currencies text[],
    line_journals integer[], line_accounts integer[], line_amounts bigint[], line_layers text[],
    condition_journals integer[], condition_accounts integer[], condition_versions bigint[], condition_least bigint[], condition_most bigint[],
    out outcomes text[], out subjects text[])
language plpgsql security definer
-- The plans must not depend on how few rows there were when they were made, nor be made again for each call.
set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant', true), '');
    size constant integer := cardinality(ids);
    lines constant integer := coalesce(cardinality(line_journals), 0);
    places constant integer := cardinality(codes);
    conditions constant integer := coalesce(cardinality(condition_journals), 0);
    -- Leaves room to add any three of the sums.
    largest constant bigint := 2305843009213693951;
    -- The first reason that applies is the answer. LedgerRefusals.cs has the same list, with words.
    reasons constant text[] := array['account_unknown', 'account_closed', 'currency_mismatch', 'hold_ended', 'hold_expired', 'hold_not_expired', 'already_reversed',
        'condition_failed', 'balance_too_large', 'debit_limit_exceeded', 'credit_limit_exceeded'];

    -- By place of the account.
    account_ids uuid[];
    shards integer[];
    obstacles integer[];
    versions bigint[];
    first_versions bigint[];
    debits bigint[];
    credits bigint[];
    held_debits bigint[];
    held_credits bigint[];
    debit_limits bigint[];
    credit_limits bigint[];
    -- 1 for a debit account, -1 for a credit account, 0 where one row does not tell the balance.
    signs integer[];

    -- By place of the journal.
    known boolean[];
    -- Open holds that the journals want to end.
    wanted_holds uuid[];
    hold_ids uuid[];
    chain_holds integer[];
    hold_expiries timestamptz[];

    -- What will be written.
    accepted integer[] := '{}';
    posting_lines integer[] := '{}';
    posting_numbers integer[] := '{}';
    posting_versions bigint[] := '{}';
    posting_afters bigint[] := '{}';

    item record;
    first integer := 1;
    last integer;
    j integer;
    n integer := 1;
    from_line integer;
    chain_line integer;
    seen integer;
    c integer := 1;
    a integer;
    h integer;
    amount bigint;
    balance bigint;
    reason integer;
    written integer;
begin
    if not (kinds <@ array['posted', 'pending', 'post', 'void', 'expire', 'reversal'] and line_layers <@ array['posted', 'pending', 'released']) then
        raise exception 'a kind or a layer is unknown' using errcode = 'invalid_parameter_value';
    end if;

    if related is not null then
        select array_agg(hold.journal_id), array_agg(hold.expires_at) into wanted_holds, hold_expiries
        from (select * from ledger.holds where tenant_id = tenant and journal_id = any (related) order by journal_id for update) as hold;
    end if;

    <<look>>
    loop
        account_ids := array_fill(null::uuid, array[places]);
        shards := array_fill(0, array[places]);
        signs := shards;
        obstacles := array_fill(1, array[places]);
        versions := array_fill(0::bigint, array[places]);
        debits := versions;
        credits := versions;
        held_debits := versions;
        held_credits := versions;
        debit_limits := versions;
        credit_limits := versions;
        -- Lateral, because the planner knows nothing of the length of an array: left alone it may compare every account with every code.
        for item in
            select found.place, found.currency = found.wanted as same_currency, found.shards, found.sign, held.*
            from (
                select given.place, given.currency as wanted, account.account_id, account.currency::text as currency, account.shards,
                    case account.normal_side when 'debit' then 1 else -1 end as sign
                from unnest(codes, currencies) with ordinality as given (code, currency, place)
                cross join lateral (select * from ledger.accounts as known where known.tenant_id = tenant and known.code = given.code offset 0) as account
                order by account.account_id
            ) as found
            cross join lateral (
                select * from ledger.balances as balance
                where balance.tenant_id = tenant and balance.account_id = found.account_id and balance.shard = pg_backend_pid() % found.shards
                for no key update
            ) as held
        loop
            a := item.place;
            account_ids[a] := item.account_id;
            shards[a] := item.shard;
            obstacles[a] := case when not item.is_open then 2 when not item.same_currency then 3 end;
            versions[a] := item.version;
            debits[a] := item.posted_debits;
            credits[a] := item.posted_credits;
            held_debits[a] := item.pending_debits;
            held_credits[a] := item.pending_credits;
            debit_limits[a] := item.debit_limit_minor;
            credit_limits[a] := item.credit_limit_minor;
            signs[a] := case when item.shards = 1 then item.sign else 0 end;
        end loop;
        first_versions := versions;

        outcomes := array_fill(null::text, array[size]);
        subjects := outcomes;
        hold_ids := wanted_holds;
        known := array_fill(null::boolean, array[size]);
        for item in
            select given.place, journal.digest = given.digest as same
            from unnest(sources, digests) with ordinality as given (source, digest, place)
            cross join lateral (select earlier.digest from ledger.journals as earlier where earlier.tenant_id = tenant and earlier.source = given.source offset 0) as journal
        loop
            known[item.place] := item.same;
        end loop;

        while first <= size loop
            last := first;
            while last < size and chains[last + 1] = chains[first] loop last := last + 1; end loop;
            chain_line := n;

            for k in first..last loop
                if known[k] is not null then
                    outcomes[k] := case when known[k] then 'repeated' else 'conflicting' end;
                end if;
            end loop;
            seen := 0;
            for k in first..last loop
                if outcomes[k] is not null then seen := seen + 1; end if;
            end loop;
            if seen > 0 then
                -- A chain is repeated as a whole or not at all.
                if seen <= last - first or coalesce('conflicting' = any (outcomes[first:last]), false) then
                    if 'conflicting' = any (outcomes[first:last]) is not true then outcomes[first] := 'conflicting'; end if;
                    for k in first..last loop
                        if outcomes[k] is distinct from 'conflicting' then outcomes[k] := 'linked_refused'; end if;
                    end loop;
                end if;
                while n <= lines and line_journals[n] <= last loop n := n + 1; end loop;
                while c <= conditions and condition_journals[c] <= last loop c := c + 1; end loop;
                first := last + 1;
                continue;
            end if;

            reason := null;
            chain_holds := '{}';
            j := first;
            while j <= last loop
                from_line := n;
                while n <= lines and line_journals[n] = j loop
                    if obstacles[line_accounts[n]] < coalesce(reason, 99) then
                        reason := obstacles[line_accounts[n]];
                        a := line_accounts[n];
                    end if;
                    n := n + 1;
                end loop;
                if n = from_line then
                    raise exception 'journal % has no postings', j using errcode = 'invalid_parameter_value';
                end if;

                if reason is null and related[j] is not null then
                    if kinds[j] = 'reversal' then
                        if exists (select from ledger.journals where tenant_id = tenant and related_id = related[j] and kind = 'reversal') then reason := 7; end if;
                    else
                        h := array_position(hold_ids, related[j]);
                        reason := case
                            when h is null then 4
                            when kinds[j] = 'post' and hold_expiries[h] <= recorded then 5
                            when kinds[j] = 'expire' and hold_expiries[h] > recorded then 6
                        end;
                        if reason is null then
                            perform ledger.require_release(related[j],
                                (select array_agg(account_ids[line_accounts[line]] order by line) from generate_series(from_line, n - 1) as line where line_layers[line] = 'released'),
                                (select array_agg(line_amounts[line] order by line) from generate_series(from_line, n - 1) as line where line_layers[line] = 'released'));
                            -- It ends once, also within this call.
                            hold_ids[h] := null;
                            chain_holds := chain_holds || h;
                        end if;
                    end if;
                end if;

                while c <= conditions and condition_journals[c] = j loop
                    if reason is null then
                        balance := signs[condition_accounts[c]] * (debits[condition_accounts[c]] - credits[condition_accounts[c]]);
                        if signs[condition_accounts[c]] = 0 or versions[condition_accounts[c]] <> condition_versions[c]
                            or balance < condition_least[c] or balance > condition_most[c] then
                            reason := 8;
                            a := condition_accounts[c];
                        end if;
                    end if;
                    c := c + 1;
                end loop;

                if reason is not null then
                    n := from_line;
                    exit;
                end if;

                for line in from_line..n - 1 loop
                    a := line_accounts[line];
                    amount := line_amounts[line];
                    if amount = 0 or amount > largest or amount < -largest then
                        raise exception 'amount % cannot be posted', amount using errcode = 'invalid_parameter_value';
                    end if;
                    if line_layers[line] = 'posted' then
                        if amount > 0 then debits[a] := debits[a] + amount; else credits[a] := credits[a] - amount; end if;
                    elsif line_layers[line] = 'pending' then
                        if amount > 0 then held_debits[a] := held_debits[a] + amount; else held_credits[a] := held_credits[a] - amount; end if;
                    else
                        if amount > 0 then held_debits[a] := held_debits[a] - amount; else held_credits[a] := held_credits[a] + amount; end if;
                    end if;
                    versions[a] := versions[a] + 1;
                    posting_lines := posting_lines || line;
                    posting_numbers := posting_numbers || line - from_line + 1;
                    posting_versions := posting_versions || versions[a];
                    posting_afters := posting_afters || debits[a] - credits[a];
                end loop;

                -- Judged when the journal is complete: what it takes and gives back in between does not count.
                for line in from_line..n - 1 loop
                    a := line_accounts[line];
                    if debits[a] > largest or credits[a] > largest or held_debits[a] > largest or held_credits[a] > largest then
                        reason := least(reason, 9);
                    elsif line_layers[line] <> 'released' and line_amounts[line] > 0 and debits[a] + held_debits[a] - credits[a] > debit_limits[a] then
                        reason := least(reason, 10);
                    elsif line_layers[line] <> 'released' and line_amounts[line] < 0 and credits[a] + held_credits[a] - debits[a] > credit_limits[a] then
                        reason := least(reason, 11);
                    end if;
                    exit when reason is not null;
                end loop;
                exit when reason is not null;
                outcomes[j] := 'new';
                j := j + 1;
            end loop;

            if reason is null then
                for k in first..last loop accepted := accepted || k; end loop;
            else
                -- Take back what the chain did so far; n stands behind the last line that was counted.
                for line in chain_line..n - 1 loop
                    amount := line_amounts[line];
                    h := line_accounts[line];
                    if line_layers[line] = 'posted' then
                        if amount > 0 then debits[h] := debits[h] - amount; else credits[h] := credits[h] + amount; end if;
                    elsif line_layers[line] = 'pending' then
                        if amount > 0 then held_debits[h] := held_debits[h] - amount; else held_credits[h] := held_credits[h] + amount; end if;
                    else
                        if amount > 0 then held_debits[h] := held_debits[h] + amount; else held_credits[h] := held_credits[h] - amount; end if;
                    end if;
                    versions[h] := versions[h] - 1;
                end loop;
                posting_lines := posting_lines[:cardinality(posting_lines) - (n - chain_line)];
                posting_numbers := posting_numbers[:cardinality(posting_lines)];
                posting_versions := posting_versions[:cardinality(posting_lines)];
                posting_afters := posting_afters[:cardinality(posting_lines)];
                foreach h in array chain_holds loop hold_ids[h] := wanted_holds[h]; end loop;
                for k in first..last loop outcomes[k] := 'linked_refused'; end loop;
                outcomes[j] := reasons[reason];
                subjects[j] := codes[a];
                while n <= lines and line_journals[n] <= last loop n := n + 1; end loop;
                while c <= conditions and condition_journals[c] <= last loop c := c + 1; end loop;
            end if;
            first := last + 1;
        end loop;
        exit look when cardinality(accepted) = 0;

        with journal as (
            insert into ledger.journals (tenant_id, journal_id, source, digest, kind, effective_on, recorded_at, description, related_id, expires_at)
            select tenant, ids[given.place], sources[given.place], digests[given.place], kinds[given.place], effective[given.place], recorded, descriptions[given.place],
                related[given.place], expiries[given.place]
            from unnest(accepted) as given (place)
            order by sources[given.place]
            on conflict do nothing
            returning 1
        ),
        posting as (
            insert into ledger.postings (tenant_id, journal_id, line, account_id, shard, version, amount_minor, after_minor, currency, layer, effective_on)
            select tenant, ids[line_journals[given.line]], given.number, account_ids[line_accounts[given.line]], shards[line_accounts[given.line]], given.version,
                line_amounts[given.line], given.after, currencies[line_accounts[given.line]], line_layers[given.line], effective[line_journals[given.line]]
            from unnest(posting_lines, posting_numbers, posting_versions, posting_afters) as given (line, number, version, after)
            where (select count(*) from journal) = cardinality(accepted)
        ),
        queued as (
            insert into ledger.unsealed (tenant_id, journal_id)
            select tenant, ids[given.place] from unnest(accepted) as given (place)
            where (select count(*) from journal) = cardinality(accepted)
        )
        select count(*) into written from journal;
        exit look when written = cardinality(accepted);

        -- A twin with the same source was committed between our look and our insert; it touched other balances, or the lock had shown it.
        -- Alone, nothing was written yet: look again. In company, the caller has to.
        if written > 0 then
            raise exception 'a journal of this batch was posted meanwhile by another transaction' using errcode = 'serialization_failure';
        end if;
        accepted := '{}';
        posting_lines := '{}';
        posting_numbers := '{}';
        posting_versions := '{}';
        posting_afters := '{}';
        first := 1;
        n := 1;
        c := 1;
    end loop;

    if written > 0 then
        for place in 1..places loop
            if versions[place] <> first_versions[place] then
                update ledger.balances as held
                set version = versions[place], posted_debits = debits[place], posted_credits = credits[place],
                    pending_debits = held_debits[place], pending_credits = held_credits[place]
                where held.tenant_id = tenant and held.account_id = account_ids[place] and held.shard = shards[place];
            end if;
        end loop;
    end if;

    if 'pending' = any (kinds) then
        insert into ledger.holds (tenant_id, journal_id, expires_at)
        select tenant, ids[given.place], expiries[given.place] from unnest(accepted) as given (place) where kinds[given.place] = 'pending';
    end if;
    if hold_ids is not null then
        delete from ledger.holds where tenant_id = tenant
            and journal_id in (select related[given.place] from unnest(accepted) as given (place) where kinds[given.place] in ('post', 'void', 'expire'));
    end if;
end $$;

-- The short way, for journals that are simply posted, in chains or each for itself, and nothing else asked: a single statement moves the balances and writes.
-- When anything is in the way, down to the mere possibility that a limit might be, all of it is taken back and the answer is false: then ledger.post
-- says why. Most of what ledger.post costs is the preparing of its many small steps, which PostgreSQL does anew in every transaction.
--
-- The plan is made once, for arrays of unknown length that are taken to have ten elements. So nothing here leaves it a choice that is harmless for ten
-- rows and ruinous for a thousand: tables are reached through their index row by row (a lateral with offset 0; an = any, which no hash can serve), lists meet
-- by hash (full join).
create function ledger.post_plain(
    recorded timestamptz, ids uuid[], sources text[], digests bytea[], effective date[], descriptions text[], codes text[], currencies text[],
    line_journals integer[], line_numbers integer[], line_accounts integer[], line_amounts bigint[])
returns boolean language plpgsql security definer
set search_path = '' set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant', true), '');
    done boolean;
begin
    with line as materialized (
        select * from unnest(line_journals, line_numbers, line_accounts, line_amounts) with ordinality as given (journal, number, place, amount, n)
    ),
    -- In the order of their ids, which is the order in which the update below locks them: it goes from one to the next by index. So nobody waits in a circle.
    change as materialized (
        select summed.place, summed.postings, summed.debits, summed.credits, account.account_id, account.currency, account.shards
        from (
            select line.place, count(*) as postings, coalesce(sum(line.amount) filter (where line.amount > 0), 0)::bigint as debits, coalesce(-sum(line.amount) filter (where line.amount < 0), 0)::bigint as credits
            from line group by line.place
        ) as summed
        full join unnest(codes, currencies) with ordinality as named (code, currency, place) on named.place = summed.place
        cross join lateral (
            select * from ledger.accounts as known where known.tenant_id = tenant and known.code = named.code and known.currency = named.currency offset 0
        ) as account
        order by account.account_id limit cardinality(codes)
    ),
    -- Whatever the order of the journals: all debits count before any credit, and the other way round. Who waited for another judges what he left.
    moved as (
        update ledger.balances as held
        set version = held.version + change.postings, posted_debits = held.posted_debits + change.debits, posted_credits = held.posted_credits + change.credits
        from change
        where held.tenant_id = tenant and held.account_id = any (array[change.account_id]) and held.shard = pg_backend_pid() % change.shards and held.is_open
            and coalesce(held.posted_debits + held.pending_debits + change.debits - held.posted_credits <= held.debit_limit_minor, true)
            and coalesce(held.posted_credits + held.pending_credits + change.credits - held.posted_debits <= held.credit_limit_minor, true)
            and greatest(held.posted_debits + change.debits, held.posted_credits + change.credits) <= 2305843009213693951
        returning change.place, change.currency, held.account_id, held.shard, held.version - change.postings as version,
            held.posted_debits - change.debits - held.posted_credits + change.credits as balance
    ),
    usable as materialized (select count(*) = cardinality(codes) as all from moved),
    journal as (
        insert into ledger.journals (tenant_id, journal_id, source, digest, kind, effective_on, recorded_at, description)
        select tenant, given.id, given.source, given.digest, 'posted', given.effective_on, recorded, given.description
        from unnest(ids, sources, digests, effective, descriptions) as given (id, source, digest, effective_on, description)
        where (select usable.all from usable)
        order by given.source
    ),
    posting as (
        insert into ledger.postings (tenant_id, journal_id, line, account_id, shard, version, amount_minor, after_minor, currency, layer, effective_on)
        select tenant, ids[line.journal], line.number, moved.account_id, moved.shard, moved.version + row_number() over account, line.amount,
            moved.balance + (sum(line.amount) over account)::bigint, moved.currency, 'posted', effective[line.journal]
        from line full join moved on moved.place = line.place
        where (select usable.all from usable)
        window account as (partition by line.place order by line.n)
    ),
    queued as (
        insert into ledger.unsealed (tenant_id, journal_id) select tenant, given.id from unnest(ids) as given (id) where (select usable.all from usable)
    )
    select usable.all into done from usable;
    if not done then raise exception using errcode = 'LG001'; end if;
    return true;
exception
    -- A source is known, perhaps since a moment ago; or an account cannot be used like this.
    when unique_violation or sqlstate 'LG001' then return false;
end $$;

-- Rolls up what was posted since the last time, for the accounts where that is much, and answers for how many that was.
create function ledger.roll_up(much bigint) returns integer language plpgsql security definer set search_path = '' as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant', true), '');
    due record;
    rolled integer := 0;
begin
    for due in
        select balance.account_id, balance.shard, balance.version as upto, coalesce(mark.version, 0) as since
        from ledger.accounts as account
        join ledger.balances as balance on balance.tenant_id = tenant and balance.account_id = account.account_id
        left join ledger.day_marks as mark on mark.tenant_id = tenant and mark.account_id = balance.account_id and mark.shard = balance.shard
        where account.tenant_id = tenant and balance.version - coalesce(mark.version, 0) >= much
        order by balance.account_id, balance.shard
    loop
        -- Two who roll up at once: the second finds the mark moved and leaves this account alone.
        insert into ledger.day_marks as mark values (tenant, due.account_id, due.shard, due.upto)
        on conflict (tenant_id, account_id, shard) do update set version = excluded.version where mark.version = due.since;
        continue when not found;
        insert into ledger.day_totals as total (tenant_id, account_id, effective_on, debits, credits)
        select tenant, due.account_id, posting.effective_on, coalesce(sum(posting.amount_minor) filter (where posting.amount_minor > 0), 0), coalesce(-sum(posting.amount_minor) filter (where posting.amount_minor < 0), 0)
        from ledger.postings as posting
        where posting.tenant_id = tenant and posting.account_id = due.account_id and posting.shard = due.shard
            and posting.version > due.since and posting.version <= due.upto and posting.layer = 'posted'
        group by posting.effective_on
        on conflict (tenant_id, account_id, effective_on) do update set debits = total.debits + excluded.debits, credits = total.credits + excluded.credits;
        rolled := rolled + 1;
    end loop;
    return rolled;
end $$;

-- Adds a block to the chain. The caller holds the lock of ledger.lock_chain and computed the hashes; this makes sure that nothing is left out,
-- sealed twice or put anywhere but at the end.
create function ledger.seal(sealed_at timestamptz, number bigint, previous bytea, root bytea, hash bytea, journal_ids uuid[], leaves bytea[])
returns void language plpgsql security definer set search_path = '' as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant', true), '');
    last record;
    taken integer;
begin
    select block.number, block.hash into last from ledger.blocks as block where tenant_id = tenant order by block.number desc limit 1;
    if seal.number <> coalesce(last.number, 0) + 1 or seal.previous is distinct from coalesce(last.hash, decode(repeat('00', 32), 'hex')) then
        raise exception 'block % does not follow block %', seal.number, last.number using errcode = 'serialization_failure';
    end if;
    delete from ledger.unsealed where tenant_id = tenant and journal_id = any (journal_ids);
    get diagnostics taken = row_count;
    if taken <> cardinality(journal_ids) then
        raise exception 'a block takes each of its journals from the queue' using errcode = 'serialization_failure';
    end if;
    insert into ledger.blocks values (tenant, seal.number, taken, seal.root, seal.previous, seal.hash, seal.sealed_at);
    insert into ledger.block_journals
    select tenant, given.journal_id, seal.number, given.place - 1, given.leaf from unnest(journal_ids, leaves) with ordinality as given (journal_id, leaf, place);
end $$;

create function ledger.sign_head(signed_at timestamptz, blocks bigint, root bytea, key_id text, signature bytea)
returns void language sql security definer set search_path = '' as $$
    insert into ledger.heads (tenant_id, blocks, root, key_id, signature, signed_at)
    values (nullif(current_setting('app.tenant', true), '')::uuid, blocks, root, key_id, signature, signed_at)
    on conflict (tenant_id, blocks) do nothing
$$;

-- What may change of an account: its name, its metadata, its limits and whether it takes postings. The balance rows are locked first, as who
-- posts does. An account that still holds something cannot be closed; a limit below what is already owed is refused by the constraint.
create function ledger.change_account(account uuid, name text, state text, metadata jsonb, with_limits boolean, debit_limit bigint, credit_limit bigint)
returns text language plpgsql security definer set search_path = '' as $$
declare
    tenant constant uuid := nullif(current_setting('app.tenant', true), '');
    held record;
begin
    perform from ledger.balances as balance where balance.tenant_id = tenant and balance.account_id = change_account.account order by balance.shard for no key update;
    select count(*) as shards, sum(balance.posted_debits - balance.posted_credits) as balance, sum(balance.pending_debits + balance.pending_credits) as pending into held
    from ledger.balances as balance where balance.tenant_id = tenant and balance.account_id = change_account.account;
    if held.shards = 0 then return 'account_unknown'; end if;
    if change_account.state = 'closed' and (held.balance <> 0 or held.pending <> 0) then return 'account_not_empty'; end if;
    if with_limits and held.shards > 1 and coalesce(debit_limit, credit_limit) is not null then return 'account_has_shards'; end if;

    update ledger.accounts as changed
    set name = coalesce(change_account.name, changed.name), state = coalesce(change_account.state, changed.state), metadata = coalesce(change_account.metadata, changed.metadata)
    where changed.tenant_id = tenant and changed.account_id = change_account.account;
    update ledger.balances as changed
    set is_open = coalesce(change_account.state = 'open', changed.is_open),
        debit_limit_minor = case when with_limits then debit_limit else changed.debit_limit_minor end,
        credit_limit_minor = case when with_limits then credit_limit else changed.credit_limit_minor end
    where changed.tenant_id = tenant and changed.account_id = change_account.account;
    return 'changed';
end $$;

revoke execute on all functions in schema ledger from public;
grant execute on function ledger.add_chart_nodes, ledger.chart_node, ledger.open_accounts, ledger.post_plain, ledger.post, ledger.roll_up, ledger.seal, ledger.sign_head, ledger.change_account to modupay_app;
