using Npgsql;

namespace Modupay.Reconciliation;

internal static class ItemSql
{
    /// <summary>Sets of pieces differ in length, which a PostgreSQL array of arrays may not: each comes as text.</summary>
    internal const string Insert = """
        insert into reconciliation.expected_items
            (item_id, tenant_id, kind, subject_id, treasury_account_id, state, amount_minor, open_minor, currency, due_on, reference, rf_reference, end_to_end_id, bank_reference, batch_id,
             counterparty_sealed, counterparty_masked, counterparty_key, name_pieces, ledger_account, metadata, expected_on, created_at, updated_at)
        select item_id, $1, kind, subject_id, treasury_account_id, 'open', amount_minor, amount_minor, currency, due_on, reference, rf_reference, end_to_end_id, bank_reference, batch_id,
             counterparty_sealed, counterparty_masked, counterparty_key, name_pieces::integer[], ledger_account, metadata::jsonb, ($2 at time zone 'UTC')::date, $2, $2
        from unnest($3::uuid[], $4::text[], $5::uuid[], $6::uuid[], $7::bigint[], $8::text[], $9::date[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
                    $15::bytea[], $16::text[], $17::uuid[], $18::text[], $19::text[], $20::text[])
            as item (item_id, kind, subject_id, treasury_account_id, amount_minor, currency, due_on, reference, rf_reference, end_to_end_id, bank_reference, batch_id,
                     counterparty_sealed, counterparty_masked, counterparty_key, name_pieces, ledger_account, metadata)
        """;

    internal const string LockOpen = $"select {OpenItemColumns.Text}, item.ledger_account, item.amount_minor, item.reference from reconciliation.expected_items as item where item.item_id = any($1) order by item.item_id for update";

    /// <summary>Of items that were matched: what they would be if they were still wholly open.</summary>
    internal const string AsExpected = """
        select item.item_id, item.kind, item.subject_id, item.treasury_account_id, item.amount_minor, item.currency, item.due_on, item.rf_reference, item.end_to_end_id, item.bank_reference,
            item.batch_id, item.counterparty_key, item.name_pieces
        from reconciliation.expected_items as item
        where item.item_id = any($1)
        """;

    /// <summary>Which item an order was expected as.</summary>
    internal const string OfSlices = "select subject_id, item_id from reconciliation.expected_items where tenant_id = $1 and subject_id = any($2)";

    /// <summary>Takes from what is expected. The table's checks refuse to take more than there is.</summary>
    internal const string Settle = """
        update reconciliation.expected_items as item
        set open_minor = item.open_minor - taken.minor, state = case when item.open_minor = taken.minor then 'settled' else 'partially_settled' end, updated_at = $3
        from unnest($1::uuid[], $2::bigint[]) as taken (item_id, minor)
        where item.item_id = taken.item_id and item.state in ('open', 'partially_settled')
        """;

    /// <summary>Gives back what a match took.</summary>
    internal const string Reopen = """
        update reconciliation.expected_items as item
        set open_minor = item.open_minor + given.minor, state = case when item.open_minor + given.minor = item.amount_minor then 'open' else 'partially_settled' end, updated_at = $3
        from unnest($1::uuid[], $2::bigint[]) as given (item_id, minor)
        where item.item_id = given.item_id and item.state in ('partially_settled', 'settled')
        """;

    internal const string Cancel = """
        update reconciliation.expected_items set state = 'canceled', open_minor = 0, canceled_on = $2, updated_at = $3 where item_id = $1 and state = 'open'
        """;

    /// <summary>The bank said that it will not carry the order out.</summary>
    internal const string Withdraw = """
        update reconciliation.expected_items set state = 'canceled', open_minor = 0, canceled_on = ($2 at time zone 'UTC')::date, updated_at = $2 where subject_id = any($1) and state = 'open'
        """;

    internal const string Learn = """
        update reconciliation.expected_items set bank_reference = $2, updated_at = $3 where subject_id = $1 and bank_reference is distinct from $2
        """;

    private const string Columns = """
        select item_id, kind, subject_id, treasury_account_id, state, amount_minor, open_minor, currency, due_on, reference, rf_reference, end_to_end_id, bank_reference, batch_id,
            counterparty_masked, ledger_account, metadata::text, overdue_at, created_at, updated_at
        from reconciliation.expected_items

        """;

    internal const string Find = Columns + "where item_id = any($1)";

    internal const string Lock = Columns + "where item_id = $1 for update";

    internal const string List = Columns + """
        where tenant_id = $1 and item_id < $2 and ($4::text is null or state = $4) and ($5::boolean is null or (overdue_at is not null and open_minor <> 0) = $5)
            and ($6::boolean is null or (amount_minor > 0) = $6) and ($7::uuid is null or treasury_account_id = $7) and ($8::text is null or reference = $8) and ($9::text is null or kind = $9)
        order by item_id desc
        limit $3
        """;

    internal const string SealedCounterparties = """
        select item_id, counterparty_sealed from reconciliation.expected_items
        where item_id > $1 and get_byte(counterparty_sealed, 0) = 1 and substr(counterparty_sealed, 1, 5) <> $2 order by item_id limit $3
        """;

    internal const string SwapCounterparties = """
        update reconciliation.expected_items as held set counterparty_sealed = swap.after from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as swap (id, before, after)
        where held.item_id = swap.id and held.counterparty_sealed = swap.before
        """;

    /// <summary>Marks what is past its date, once. Whoever comes second finds nothing left.</summary>
    internal const string MarkOverdue = """
        update reconciliation.expected_items set overdue_at = $3
        where item_id in (
            select item_id from reconciliation.expected_items
            where tenant_id = $1 and open_minor <> 0 and overdue_at is null and due_on < $2
            order by due_on limit $4 for update skip locked)
        returning item_id
        """;

    /// <summary>An order that might come back: the columns of an open item, and how far it is.</summary>
    internal static OpenItem ReadOrder(NpgsqlDataReader row, int first) => ReadOpen(row, first) with
    {
        Order = row.GetString(first + 13) switch { "unsettled" => OrderStage.Unsettled, "settled" => OrderStage.Settled, "over" => OrderStage.Over, var stage => throw new InvalidOperationException($"{stage} is no stage of an order.") },
    };

    internal static OpenItem ReadOpen(NpgsqlDataReader row, int first = 0) =>
        new(new(row.GetGuid(first)), row.GetString(first + 1) == "slice" ? ItemKind.Slice : ItemKind.Expected, new Money(row.GetInt64(first + 4), Currency.Known(row.GetString(first + 5))), row.GetFieldValue<DateOnly>(first + 6))
        {
            Slice = row.IsDBNull(first + 2) ? null : new SliceId(row.GetGuid(first + 2)),
            Account = row.IsDBNull(first + 3) ? null : new TreasuryAccountId(row.GetGuid(first + 3)),
            RfReference = row.Text(first + 7),
            EndToEndId = row.Text(first + 8),
            BankReference = row.Text(first + 9),
            BatchId = row.Text(first + 10),
            Counterparty = row.IsDBNull(first + 11) ? null : row.GetGuid(first + 11),
            Name = row.GetFieldValue<int[]>(first + 12),
        };
}

/// <summary>What a rule looks at: a piece of every statement that finds items.</summary>
internal static class OpenItemColumns
{
    internal const string Text = """
        item.item_id, item.kind, item.subject_id, item.treasury_account_id, item.open_minor, item.currency, item.due_on, item.rf_reference, item.end_to_end_id, item.bank_reference,
        item.batch_id, item.counterparty_key, item.name_pieces
        """;
}

/// <summary>An expected item as it is stored and shown.</summary>
internal sealed record ExpectedItem(ExpectedItemId Id, ItemKind Kind, SliceId? Slice, TreasuryAccountId? Account, string State, Money Amount, Money Open, DateOnly DueOn, string? Reference,
    string? RfReference, string? EndToEndId, string? BankReference, string? BatchId, string? CounterpartyMasked, string LedgerAccount, string? Metadata, DateTimeOffset? OverdueAt,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static ExpectedItem Read(NpgsqlDataReader row)
    {
        var currency = Currency.Known(row.GetString(7));
        return new(new(row.GetGuid(0)), row.GetString(1) == "slice" ? ItemKind.Slice : ItemKind.Expected, row.IsDBNull(2) ? null : new SliceId(row.GetGuid(2)),
            row.IsDBNull(3) ? null : new TreasuryAccountId(row.GetGuid(3)), row.GetString(4), new Money(row.GetInt64(5), currency), new Money(row.GetInt64(6), currency),
            row.GetFieldValue<DateOnly>(8), row.Text(9), row.Text(10), row.Text(11), row.Text(12), row.Text(13), row.Text(14), row.GetString(15), row.Text(16),
            row.IsDBNull(17) ? null : row.GetFieldValue<DateTimeOffset>(17), row.GetFieldValue<DateTimeOffset>(18), row.GetFieldValue<DateTimeOffset>(19));
    }
}

/// <summary>An item to be expected, with what is known of who is on the other side.</summary>
internal sealed record NewItem(ExpectedItemId Id, ItemKind Kind, SliceId? Slice, TreasuryAccountId? Account, Money Amount, DateOnly DueOn, string LedgerAccount)
{
    public string? Reference { get; init; }
    public string? RfReference { get; init; }
    public string? EndToEndId { get; init; }
    public string? BankReference { get; init; }
    public string? BatchId { get; init; }
    public byte[]? CounterpartySealed { get; init; }
    public string? CounterpartyMasked { get; init; }
    public CounterpartyKeys Keys { get; init; } = CounterpartyKeys.None;
    public string? Metadata { get; init; }

    public static Task InsertAsync(UnitOfWork unit, IReadOnlyList<NewItem> items, CancellationToken ct) => items.Count == 0 ? Task.CompletedTask : unit.ExecuteAsync(ItemSql.Insert,
    [
        unit.Tenant.Value, unit.Now,
        items.Select(item => item.Id.Value).ToArray(),
        items.Select(item => item.Kind == ItemKind.Slice ? "slice" : "expected").ToArray(),
        items.Select(item => item.Slice?.Value).ToArray(),
        items.Select(item => item.Account?.Value).ToArray(),
        items.Select(item => item.Amount.Minor).ToArray(),
        items.Select(item => item.Amount.Currency.Code).ToArray(),
        items.Select(item => item.DueOn).ToArray(),
        items.Select(item => item.Reference).ToArray(),
        items.Select(item => item.RfReference).ToArray(),
        items.Select(item => item.EndToEndId).ToArray(),
        items.Select(item => item.BankReference).ToArray(),
        items.Select(item => item.BatchId).ToArray(),
        items.Select(item => item.CounterpartySealed).ToArray(),
        items.Select(item => item.CounterpartyMasked).ToArray(),
        items.Select(item => item.Keys.Account).ToArray(),
        items.Select(item => CounterpartyKeys.Text(item.Keys.Name)).ToArray(),
        items.Select(item => item.LedgerAccount).ToArray(),
        items.Select(item => item.Metadata).ToArray(),
    ], ct);
}
