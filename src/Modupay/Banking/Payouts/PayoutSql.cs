using Npgsql;

namespace Modupay.Banking.Payouts;

internal static class PayoutSql
{
    internal const string Insert = """
        insert into banking.payouts
            (payout_id, tenant_id, treasury_account_id, state, amount_minor, currency, reference, description, creditor_sealed, creditor_masked, created_at, updated_at,
            creditor_subject_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12)
        """;

    internal const string InsertSlices = """
        insert into banking.payout_slices (slice_id, tenant_id, payout_id, number, state, amount_minor, currency, end_to_end_id, updated_at)
        select slice_id, $2, $3, number, 'pending', amount_minor, $4, end_to_end_id, $5
        from unnest($1::uuid[], $6::integer[], $7::bigint[], $8::text[]) as slice (slice_id, number, amount_minor, end_to_end_id)
        """;

    internal const string OpenOfCreditor = "select payout_id from banking.payouts where creditor_subject_id = $1 and state in ('created', 'approved', 'processing') limit 1";

    /// <summary>The description is free text to the creditor, so it may name him.</summary>
    internal const string EraseCreditor = """
        update banking.payouts set creditor_masked = 'erased', description = null, updated_at = $2
        where payout_id in (select payout_id from banking.payouts where creditor_subject_id = $1 order by payout_id for update)
        """;

    internal const string UpdateState = "update banking.payouts set state = $2, updated_at = $3 where payout_id = $1";

    private const string PayoutColumns = """
        select payout_id, treasury_account_id, state, amount_minor, currency, reference, description, creditor_masked, created_at, updated_at, creditor_sealed
        from banking.payouts

        """;

    internal const string Find = PayoutColumns + "where payout_id = $1";

    /// <summary>Whoever changes a payout or one of its slices holds its row, so two slices that end at once still conclude the payout once.</summary>
    internal const string Lock = PayoutColumns + "where payout_id = any($1) order by payout_id for update";

    internal const string List = PayoutColumns + "where payout_id < $1 and ($3::text is null or state = $3) order by payout_id desc limit $2";

    private const string SliceColumns = """
        select slice_id, payout_id, number, amount_minor, currency, end_to_end_id, state, connector_id, bank_reference, failure_code, failure_detail, booked_on
        from banking.payout_slices

        """;

    internal const string SlicesOf = SliceColumns + "where payout_id = any($1) order by payout_id, number";

    internal const string FindSlice = SliceColumns + "where slice_id = $1";

    internal const string PayoutsOfSlices = "select distinct payout_id from banking.payout_slices where slice_id = any($1)";

    internal const string SettleSlices = """
        update banking.payout_slices as slice
        set state = 'settled', bank_reference = settled.bank_reference, booked_on = settled.booked_on, settled_at = $4, updated_at = $4
        from unnest($1::uuid[], $2::text[], $3::date[]) as settled (slice_id, bank_reference, booked_on)
        where slice.slice_id = settled.slice_id
        """;

    internal const string ReopenSlices = "update banking.payout_slices set state = 'in_doubt', booked_on = null, settled_at = null, updated_at = $2 where slice_id = any($1)";

    internal const string ReturnSlice = "update banking.payout_slices set state = $2, failure_code = $3, failure_detail = $4, updated_at = $5 where slice_id = $1";

    internal const string UpdateStates = """
        update banking.payouts as payout set state = changed.state, updated_at = $3 from unnest($1::uuid[], $2::text[]) as changed (payout_id, state) where payout.payout_id = changed.payout_id
        """;

    internal const string UpdateSlice = """
        update banking.payout_slices
        set state = $2, connector_id = $3, bank_reference = $4, failure_code = $5, failure_detail = $6, booked_on = $7,
            settled_at = case when $2 = 'settled' then $8 else settled_at end, updated_at = $8
        where slice_id = $1
        """;

    /// <summary>The claim: of two deliveries of one message exactly one finds the slice pending.</summary>
    internal const string Claim = """
        update banking.payout_slices set state = 'dispatching', connector_id = $2, claimed_at = $3, updated_at = $3 where slice_id = $1 and state = 'pending'
        """;

    internal const string ClaimedAt = "select coalesce(claimed_at, updated_at) from banking.payout_slices where slice_id = $1";

    internal static PayoutRow ReadPayout(NpgsqlDataReader row) => new(new(row.GetGuid(0)), new(row.GetGuid(1)), PayoutStates.Parse(row.GetString(2)),
        new Money(row.GetInt64(3), Currency.Known(row.GetString(4))), row.GetString(5), row.IsDBNull(6) ? null : row.GetString(6), row.GetString(7),
        row.GetFieldValue<DateTimeOffset>(8), row.GetFieldValue<DateTimeOffset>(9), row.GetFieldValue<byte[]>(10));

    internal static Slice ReadSlice(NpgsqlDataReader row) => new(new(row.GetGuid(0)), new(row.GetGuid(1)), row.GetInt32(2),
        new Money(row.GetInt64(3), Currency.Known(row.GetString(4))), row.GetString(5), SliceStates.Parse(row.GetString(6)),
        row.IsDBNull(7) ? null : row.GetGuid(7), row.IsDBNull(8) ? null : row.GetString(8),
        row.IsDBNull(9) ? null : new Failure(row.GetString(9), row.GetString(10)), row.IsDBNull(11) ? null : row.GetFieldValue<DateOnly>(11));
}

/// <summary>A payout as it is stored, with what only its reader needs: who is paid, masked and sealed.</summary>
internal sealed record PayoutRow(PayoutId Id, TreasuryAccountId TreasuryAccount, PayoutState State, Money Amount, string Reference, string? Description,
    string CreditorMasked, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, byte[] CreditorSealed)
{
    public Payout With(IReadOnlyList<Slice> slices) => new(Id, TreasuryAccount.Value, State, Amount, Reference, Description, slices);
}

/// <summary>A payout with its slices.</summary>
internal sealed record StoredPayout(PayoutRow Row, Payout Payout)
{
    public static async Task<StoredPayout?> FindAsync(Session session, PayoutId id, CancellationToken ct)
    {
        if (await session.FirstAsync(PayoutSql.Find, [id.Value], PayoutSql.ReadPayout, ct) is not { } row) return null;
        return new(row, row.With(await session.ListAsync(PayoutSql.SlicesOf, [new[] { id.Value }], PayoutSql.ReadSlice, ct)));
    }

    /// <summary>Reads under the payout's row lock, in id order, so that two writers of the same payouts never wait for each other in a circle.</summary>
    public static async Task<IReadOnlyList<StoredPayout>> LockAsync(UnitOfWork unit, IReadOnlyCollection<PayoutId> ids, CancellationToken ct)
    {
        var values = ids.Select(id => id.Value).Distinct().ToArray();
        var rows = await unit.ListAsync(PayoutSql.Lock, [values], PayoutSql.ReadPayout, ct);
        var slices = (await unit.ListAsync(PayoutSql.SlicesOf, [values], PayoutSql.ReadSlice, ct)).ToLookup(slice => slice.Payout);
        return [.. rows.Select(row => new StoredPayout(row, row.With([.. slices[row.Id]])))];
    }
}
