-- What should appear on a statement: every bank order we sent, and whatever else somebody announced. Money that goes out is negative, as on the line
-- that will prove it. What is still expected is a column and not a sum over matches, because every index below is over it, and because the check
-- makes it impossible to explain more by an item than it is, whatever two writers do at once.
create table reconciliation.expected_items (
    item_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    kind text not null check (kind in ('slice', 'expected')),
    -- The slice, for those that are one.
    subject_id uuid check ((kind = 'slice') = (subject_id is not null)),
    treasury_account_id uuid references banking.treasury_accounts,
    state text not null check (state in ('open', 'partially_settled', 'settled', 'canceled')),
    amount_minor bigint not null check (amount_minor <> 0),
    open_minor bigint not null,
    currency char(3) not null,
    due_on date not null,
    reference text check (length(reference) between 1 and 140),
    rf_reference text,
    end_to_end_id text,
    bank_reference text,
    batch_id text,
    -- Name, IBAN and BIC; a keyed hash of the IBAN; and keyed hashes of the pieces of the name, by which names are compared without being read.
    counterparty_sealed bytea,
    counterparty_masked text,
    counterparty_key uuid,
    name_pieces integer[] not null,
    -- Where the money belongs once a line proves it.
    ledger_account text not null,
    metadata jsonb,
    expected_on date not null,
    canceled_on date,
    overdue_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    check (case when amount_minor > 0 then open_minor between 0 and amount_minor else open_minor between amount_minor and 0 end),
    check (case state when 'open' then open_minor = amount_minor when 'partially_settled' then open_minor not in (0, amount_minor) else open_minor = 0 end),
    check ((state = 'canceled') = (canceled_on is not null))
);
create unique index expected_items_subject on reconciliation.expected_items (tenant_id, subject_id) where subject_id is not null;
create index expected_items_newest on reconciliation.expected_items (tenant_id, item_id desc);
-- One index for each rule. What is settled leaves them, so they stay as small as what is open.
create index expected_items_rf_reference on reconciliation.expected_items (tenant_id, rf_reference) where open_minor <> 0 and rf_reference is not null;
create index expected_items_end_to_end_id on reconciliation.expected_items (tenant_id, end_to_end_id) where open_minor <> 0 and end_to_end_id is not null;
create index expected_items_bank_reference on reconciliation.expected_items (tenant_id, bank_reference) where open_minor <> 0 and bank_reference is not null;
create index expected_items_counterparty on reconciliation.expected_items (tenant_id, counterparty_key, open_minor) where open_minor <> 0 and counterparty_key is not null;
create index expected_items_amount on reconciliation.expected_items (tenant_id, currency, open_minor, due_on) where open_minor <> 0;
create index expected_items_batch on reconciliation.expected_items (tenant_id, batch_id) where open_minor <> 0 and batch_id is not null;
create index expected_items_day on reconciliation.expected_items (treasury_account_id, due_on);
-- An order may come back long after it was settled, so these hold every order there was; nothing else is in them.
create index expected_items_order on reconciliation.expected_items (tenant_id, end_to_end_id) where kind = 'slice';
create index expected_items_order_bank_reference on reconciliation.expected_items (tenant_id, bank_reference) where kind = 'slice' and bank_reference is not null;
create index expected_items_order_payout on reconciliation.expected_items (tenant_id, batch_id) where kind = 'slice';
create index expected_items_overdue on reconciliation.expected_items (tenant_id, due_on) where open_minor <> 0 and overdue_at is null;
call platform.protect('reconciliation.expected_items');
call platform.confine('reconciliation.expected_items', 'treasury_account_id in (select treasury_account_id from banking.treasury_accounts)');
grant select, insert on reconciliation.expected_items to modupay_app;
grant update (state, open_minor, bank_reference, canceled_on, overdue_at, updated_at, counterparty_sealed) on reconciliation.expected_items to modupay_app;

-- The lines that are not wholly explained yet, reduced to what rules look at. A line that is matched or ignored is not here, so that what the engine
-- reads stays small, and what a person has decided is out of its reach.
create table reconciliation.open_lines (
    line_id uuid primary key references banking.bank_statement_lines,
    tenant_id uuid not null references tenancy.tenants,
    treasury_account_id uuid not null references banking.treasury_accounts,
    amount_minor bigint not null check (amount_minor <> 0),
    open_minor bigint not null,
    currency char(3) not null,
    booked_on date not null,
    rf_reference text,
    end_to_end_id text,
    bank_reference text,
    customer_reference text,
    -- What the bank says the payment was called that this line gives back; whether it says that it gives one back, or takes back an entry of its own; and why.
    original_reference text,
    is_return boolean not null,
    return_reason text,
    counterparty_key uuid,
    counterparty_masked text,
    name_pieces integer[] not null,
    -- A person has explained a part of it, so the rest is for a person too.
    for_a_person boolean not null default false,
    taken_in_at timestamptz not null,
    check (case when amount_minor > 0 then open_minor between 1 and amount_minor else open_minor between amount_minor and -1 end),
    check (for_a_person or open_minor = amount_minor)
);
create index open_lines_tenant on reconciliation.open_lines (tenant_id, line_id);
create index open_lines_treasury_account on reconciliation.open_lines (treasury_account_id);
call platform.protect('reconciliation.open_lines');
call platform.confine('reconciliation.open_lines', 'treasury_account_id in (select treasury_account_id from banking.treasury_accounts)');
grant select, insert, delete on reconciliation.open_lines to modupay_app;
grant update (open_minor, for_a_person, rf_reference, end_to_end_id, bank_reference, customer_reference, original_reference, is_return, return_reason, counterparty_key, counterparty_masked,
    name_pieces) on reconciliation.open_lines to modupay_app;

-- The rules of a tenant, in order. A change is a new version, and every match names the one it was made with; version 0 is what the product comes with.
create table reconciliation.rule_sets (
    tenant_id uuid not null references tenancy.tenants,
    version integer not null check (version > 0),
    rules jsonb not null,
    made_by text not null,
    made_at timestamptz not null,
    primary key (tenant_id, version)
);
call platform.protect('reconciliation.rule_sets');
call platform.make_append_only('reconciliation.rule_sets');
grant select, insert on reconciliation.rule_sets to modupay_app;

-- Everything that was ever decided about a line, by whom and why.
create table reconciliation.decisions (
    decision_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    line_id uuid not null references banking.bank_statement_lines,
    action text not null check (action in ('matched', 'split', 'ignored', 'undone')),
    from_state text not null,
    to_state text not null,
    made_by text not null,
    reason text check (length(reason) between 1 and 500),
    rules_version integer not null,
    made_at timestamptz not null,
    -- Two decisions of one moment still have an order.
    number bigint generated always as identity,
    -- What the engine decides it explains by evidence; a person gives a reason for what takes away.
    check (made_by = 'engine' or action = 'matched' or reason is not null),
    check (made_by <> 'engine' or (action = 'matched' and from_state = 'unmatched' and to_state = 'matched'))
);
create index decisions_line on reconciliation.decisions (line_id, number);
create index decisions_tenant on reconciliation.decisions (tenant_id, decision_id desc);
call platform.protect('reconciliation.decisions');
call platform.confine('reconciliation.decisions', 'line_id in (select line_id from banking.bank_statement_lines)');
call platform.make_append_only('reconciliation.decisions');
grant select, insert on reconciliation.decisions to modupay_app;

-- The proof that a part of a line is a part of an item, or belongs to a ledger account that a person named. Undoing it is written down, not deleted.
create table reconciliation.matches (
    match_id uuid primary key,
    tenant_id uuid not null references tenancy.tenants,
    decision_id uuid not null references reconciliation.decisions,
    line_id uuid not null references banking.bank_statement_lines,
    item_id uuid references reconciliation.expected_items,
    ledger_account text not null,
    -- They differ by what the bank kept.
    line_minor bigint not null check (line_minor <> 0),
    item_minor bigint not null check (item_minor <> 0 and item_minor >= line_minor),
    currency char(3) not null,
    rule text not null,
    score integer not null check (score between 0 and 1000),
    evidence jsonb not null,
    booked_on date not null,
    matched_at timestamptz not null,
    undone_by uuid references reconciliation.decisions,
    -- The settled order of which a credit brings the money back. Banking owns it, so this is its id and no more.
    returned_slice_id uuid
);
create unique index matches_pair on reconciliation.matches (line_id, item_id) where undone_by is null;
-- Money comes back once.
create unique index matches_returned_slice on reconciliation.matches (tenant_id, returned_slice_id) where undone_by is null and returned_slice_id is not null;
create index matches_line on reconciliation.matches (line_id);
create index matches_item on reconciliation.matches (item_id);
create index matches_decision on reconciliation.matches (decision_id);
create index matches_undone on reconciliation.matches (undone_by);
create index matches_tenant_day on reconciliation.matches (tenant_id, booked_on);
call platform.protect('reconciliation.matches');
call platform.confine('reconciliation.matches', 'line_id in (select line_id from banking.bank_statement_lines)');
grant select, insert on reconciliation.matches to modupay_app;
grant update (undone_by) on reconciliation.matches to modupay_app;

-- What a person took apart stays apart: the engine does not put it together again.
create table reconciliation.rejected_pairs (
    line_id uuid not null references banking.bank_statement_lines,
    item_id uuid not null references reconciliation.expected_items,
    tenant_id uuid not null references tenancy.tenants,
    decision_id uuid not null references reconciliation.decisions,
    primary key (line_id, item_id)
);
create index rejected_pairs_item on reconciliation.rejected_pairs (item_id);
create index rejected_pairs_decision on reconciliation.rejected_pairs (decision_id);
create index rejected_pairs_tenant on reconciliation.rejected_pairs (tenant_id);
call platform.protect('reconciliation.rejected_pairs');
call platform.confine('reconciliation.rejected_pairs', 'line_id in (select line_id from banking.bank_statement_lines)');
call platform.make_append_only('reconciliation.rejected_pairs');
grant select, insert on reconciliation.rejected_pairs to modupay_app;
