using Npgsql;

namespace Modupay.Reconciliation;

internal static class MatchSql
{
    internal const string InsertDecisions = """
        insert into reconciliation.decisions (decision_id, tenant_id, line_id, action, from_state, to_state, made_by, reason, rules_version, made_at)
        select decision_id, $1, line_id, action, from_state, to_state, $2, $3, $4, $5
        from unnest($6::uuid[], $7::uuid[], $8::text[], $9::text[], $10::text[]) as decision (decision_id, line_id, action, from_state, to_state)
        """;

    internal const string Insert = """
        insert into reconciliation.matches
            (match_id, tenant_id, decision_id, line_id, item_id, ledger_account, line_minor, item_minor, currency, rule, score, evidence, booked_on, returned_slice_id, matched_at)
        select match_id, $1, decision_id, line_id, item_id, ledger_account, line_minor, item_minor, currency, rule, score, evidence::jsonb, booked_on, returned_slice_id, $2
        from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::bigint[], $9::bigint[], $10::text[], $11::text[], $12::integer[], $13::text[], $14::date[], $15::uuid[])
            as match (match_id, decision_id, line_id, item_id, ledger_account, line_minor, item_minor, currency, rule, score, evidence, booked_on, returned_slice_id)
        """;

    private const string Columns = """
        select match.match_id, match.decision_id, match.line_id, match.item_id, match.ledger_account, match.line_minor, match.item_minor, match.currency, match.rule, match.score,
            match.evidence::text, match.booked_on, match.undone_by, item.kind, item.subject_id, match.returned_slice_id
        from reconciliation.matches as match
        left join reconciliation.expected_items as item on item.item_id = match.item_id

        """;

    internal const string StandingOf = Columns + "where match.line_id = any($1) and match.undone_by is null order by match.match_id";

    internal const string AllOf = Columns + "where match.line_id = $1 order by match.match_id";

    internal const string Undo = "update reconciliation.matches set undone_by = $2 where line_id = $1 and undone_by is null";

    /// <summary>A return has no item of its own: it is the order's that the line is kept from.</summary>
    internal const string Reject = """
        insert into reconciliation.rejected_pairs (line_id, item_id, tenant_id, decision_id)
        select $1, item_id, $2, $3
        from (select unnest($4::uuid[]) as item_id union select item_id from reconciliation.expected_items where tenant_id = $2 and subject_id = any($5)) as item
        on conflict (line_id, item_id) do nothing
        """;

    internal const string DecisionsOf = """
        select decision_id, action, from_state, to_state, made_by, reason, rules_version, made_at from reconciliation.decisions where line_id = $1 order by number
        """;

    /// <summary>What had been ordered by then and not yet booked.</summary>
    internal const string InTransitAt = """
        select count(*)::integer, coalesce(sum(missing), 0)::bigint from (
            select item.amount_minor - coalesce((select sum(match.item_minor) from reconciliation.matches as match
                where match.item_id = item.item_id and match.undone_by is null and match.booked_on <= $3), 0) as missing
            from reconciliation.expected_items as item
            where item.tenant_id = $1 and item.treasury_account_id = $2 and item.kind = 'slice' and item.expected_on <= $3 and (item.canceled_on is null or item.canceled_on > $3)
        ) as item where missing <> 0
        """;

    /// <summary>What the bank has booked by then and nobody has explained. A match counts from the day its line was booked, so today's open lines are the answer for any day.</summary>
    internal const string UnexplainedAt = """
        select count(*)::integer, coalesce(sum(open_minor), 0)::bigint from reconciliation.open_lines where treasury_account_id = $1 and booked_on <= $2
        """;
}

/// <summary>A part of a line that is a part of an item, or was given to a ledger account by a person.</summary>
internal sealed record Match(MatchId Id, DecisionId Decision, StatementLineId Line, ExpectedItemId? Item, string LedgerAccount, long LineMinor, long ItemMinor, Currency Currency, string Rule,
    int Score, string Evidence, DateOnly BookedOn, bool IsUndone, SliceId? Slice, SliceId? Returned)
{
    public static Match Read(NpgsqlDataReader row) => new(new(row.GetGuid(0)), new(row.GetGuid(1)), new(row.GetGuid(2)), row.IsDBNull(3) ? null : new ExpectedItemId(row.GetGuid(3)), row.GetString(4),
        row.GetInt64(5), row.GetInt64(6), Currency.Known(row.GetString(7)), row.GetString(8), row.GetInt32(9), row.GetString(10), row.GetFieldValue<DateOnly>(11), !row.IsDBNull(12),
        row.Text(13) == "slice" ? new SliceId(row.GetGuid(14)) : null, row.IsDBNull(15) ? null : new SliceId(row.GetGuid(15)));
}
