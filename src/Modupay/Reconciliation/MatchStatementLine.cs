using System.Text.Json;
using System.Text.Json.Serialization;
using Modupay.Banking.Accounts;
using Modupay.Banking.Payouts;
using Modupay.Banking.Statements;
using Modupay.Formats;

namespace Modupay.Reconciliation;

internal static class MatchSql
{
    internal const string Insert = """
        insert into reconciliation.matches (match_id, tenant_id, line_id, subject_type, subject_id, amount_minor, currency, rule, evidence, matched_at)
        values ($1, $2, $3, 'slice', $4, $5, $6, $7, $8::jsonb, $9)
        on conflict (line_id, subject_id) do nothing
        """;
}

/// <summary>
/// Says which slice a line proves: by the ISO 11649 reference we gave the order, in the end-to-end field or, when a bank lost that, in the text.
/// The amount and the account must agree; a reference alone proves nothing.
/// </summary>
internal static class MatchStatementLine
{
    /// <returns>The lines that are explained now.</returns>
    public static async Task<IReadOnlySet<StatementLineId>> MatchAsync(UnitOfWork unit, IReadOnlyList<BankStatementLine> lines, CancellationToken ct)
    {
        var clues = lines.Select(Clue).Where(clue => clue is not null).Select(clue => clue!).ToList();
        var matched = new HashSet<StatementLineId>();
        if (clues.Count == 0) return matched;

        var slices = (await unit.ListAsync(PayoutSql.SlicesByEndToEndId, [clues.Select(clue => clue.Reference).Distinct(StringComparer.Ordinal).ToArray()], PayoutSql.ReadSlice, ct))
            .ToDictionary(slice => slice.EndToEndId, StringComparer.Ordinal);
        var payouts = (await StoredPayout.LockAsync(unit, [.. slices.Values.Select(slice => slice.Payout).Distinct()], ct)).ToDictionary(stored => stored.Row.Id);

        foreach (var clue in clues)
        {
            if (!slices.TryGetValue(clue.Reference, out var found)) continue;
            var stored = payouts[found.Payout];
            if (clue.Line.TreasuryAccount != stored.Row.TreasuryAccount || clue.Line.Amount != -found.Amount) continue;

            // Read again under the lock: an earlier line of this very chunk may have settled it.
            var slice = stored.Payout.Slices.Single(candidate => candidate.Id == found.Id);
            var settled = slice.Settle(clue.Line.BookedOn ?? clue.Line.ValueOn ?? DateOnly.FromDateTime(unit.Now.UtcDateTime), clue.Line.BankReference);
            if (settled.Problem is not null) continue;
            if (await unit.ExecuteAsync(StatementSql.MarkMatched, [clue.Line.Id.Value], ct) == 0) continue;

            await unit.ExecuteAsync(MatchSql.Insert, [Id.New<MatchId>(unit.Time).Value, unit.Tenant.Value, clue.Line.Id.Value, slice.Id.Value, clue.Line.Amount.Minor,
                clue.Line.Amount.Currency.Code, clue.Rule, JsonSerializer.Serialize(new MatchEvidence(clue.Reference, clue.Rule, clue.Line.Amount.Minor), MatchJson.Default.MatchEvidence), unit.Now], ct);
            var account = await BankAccounts.FindAsync(unit, stored.Row.TreasuryAccount, ct) ?? throw new InvalidOperationException($"{stored.Row.TreasuryAccount} is gone.");
            payouts[found.Payout] = await PayoutChanges.UpdateSliceAsync(unit, account, stored, slice, settled.Value, ct);
            matched.Add(clue.Line.Id);
        }
        return matched;
    }

    private static LineClue? Clue(BankStatementLine line)
    {
        if (RfReference.TryParse(line.EndToEndId, out var given)) return new(line, given.Value, "end_to_end_id");
        return RfReference.TryFind(line.Remittance, out var found) ? new(line, found.Value, "reference_in_text") : null;
    }

    private sealed record LineClue(BankStatementLine Line, string Reference, string Rule);
}

/// <summary>Why the engine believes a match, in terms a person can check against the line.</summary>
internal sealed record MatchEvidence(string Reference, string FoundIn, long AmountMinor);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(MatchEvidence))]
internal sealed partial class MatchJson : JsonSerializerContext;
