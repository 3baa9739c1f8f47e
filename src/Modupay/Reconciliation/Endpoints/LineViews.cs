using System.Text.Json;
using Modupay.Banking.Statements;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Reconciliation;

/// <summary>A booked line with what it is said to be. Amounts carry the sign of the line.</summary>
/// <param name="OpenAmount">What is not explained yet.</param>
/// <param name="AgeDays">Since it was booked.</param>
/// <param name="IsReturn">The bank says that it gives a payment back; <c>returnReason</c> is its code for why.</param>
/// <param name="CounterpartyName">For callers who may decide what a line is; others see the masked account only.</param>
internal sealed record ReconciledLineView(string Id, string State, string TreasuryAccount, MoneyView Amount, MoneyView OpenAmount, DateOnly? BookedOn, DateOnly? ValueOn, int AgeDays, bool Reversal,
    string? EndToEndId, string? BankReference, string? CustomerReference, string? Remittance, string? CounterpartyAccount, string? TransactionCode, bool IsReturn, string? ReturnReason, IReadOnlyList<MatchView> Matches,
    string? CounterpartyName = null)
{
    /// <param name="names">Opens the names of the counterparties; null where the caller may not read them, and where the answer is kept to be repeated.</param>
    public static async Task<List<ReconciledLineView>> OfAsync(Session session, IReadOnlyList<BankStatementLine> lines, DateOnly today, FieldCipher? names, CancellationToken ct)
    {
        var ids = lines.Select(line => line.Id.Value).ToArray();
        var open = (await session.ListAsync(OpenLineSql.OpenOf, [ids], row => (Line: row.GetGuid(0), Minor: row.GetInt64(1)), ct)).ToDictionary(row => row.Line, row => row.Minor);
        var matches = (await session.ListAsync(MatchSql.StandingOf, [ids], Match.Read, ct)).ToLookup(match => match.Line);
        var parties = names is null ? [] : await StatementLines.CounterpartiesAsync(session, names, ids, ct);
        return [.. lines.Select(line => new ReconciledLineView(line.Id.ToString(), line.State, line.TreasuryAccount!.Value.ToString(), MoneyView.Of(line.Amount),
            new(line.State == "ignored" ? line.Amount.Minor : open.GetValueOrDefault(line.Id.Value), line.Amount.Currency.Code), line.BookedOn, line.ValueOn,
            (line.BookedOn ?? line.ValueOn) is { } booked ? Math.Max(0, today.DayNumber - booked.DayNumber) : 0, line.Reversal, line.EndToEndId, line.BankReference, line.CustomerReference, line.Remittance,
            line.CounterpartyMasked, line.TransactionCode, line.IsReturn, line.ReturnReason, [.. matches[line.Id].Select(MatchView.Of)], parties.GetValueOrDefault(line.Id)?.Name))];
    }

    public static async Task<ReconciledLineView?> FindAsync(Session session, StatementLineId id, DateOnly today, FieldCipher? names, CancellationToken ct) =>
        await StatementLines.FindAsync(session, id, ct) is { TreasuryAccount: not null, Status: "booked" } line ? (await OfAsync(session, [line], today, names, ct))[0] : null;
}

/// <param name="Amount">How much of the line it is.</param>
/// <param name="ItemAmount">How much of the item that settles; the two differ by what the bank kept.</param>
internal sealed record MatchView(string Id, string Rule, int Score, MoneyView Amount, MoneyView ItemAmount, string LedgerAccount, EvidenceView Evidence, string? ExpectedItem = null, string? Slice = null)
{
    public static MatchView Of(Match match) => new(match.Id.ToString(), match.Rule, match.Score, new(match.LineMinor, match.Currency.Code), new(match.ItemMinor, match.Currency.Code), match.LedgerAccount,
        EvidenceView.Of(JsonSerializer.Deserialize(match.Evidence, EvidenceJson.Default.Evidence)!, match.Currency), match.Item?.ToString(), (match.Returned ?? match.Slice)?.ToString());
}

/// <summary>Why a match is believed. Personal data is masked.</summary>
/// <param name="NameSimilarity">Out of 1000.</param>
internal sealed record EvidenceView(IReadOnlyList<string> Agreed, string? Reference = null, string? Counterparty = null, int? NameSimilarity = null, int? DaysApart = null, MoneyView? Fee = null, int? Items = null,
    string? ReturnReason = null)
{
    public static EvidenceView Of(Evidence evidence, Currency currency) => new(evidence.Agreed, evidence.Reference, evidence.Counterparty, evidence.NameSimilarity, evidence.DaysApart,
        evidence.FeeMinor is { } fee ? new(fee, currency.Code) : null, evidence.Items, evidence.ReturnReason);
}

/// <summary>What a line could be.</summary>
/// <param name="Score">Out of 1000.</param>
/// <param name="IsReturn">The item is a settled order whose money the line would bring back: it is said by <c>return</c>, not by <c>match</c>.</param>
internal sealed record CandidateView(ExpectedItemView Item, int Score, EvidenceView Evidence, bool IsReturn);

/// <summary>One decision about a line. <c>DecidedBy</c> is engine, or the id of a person or key.</summary>
internal sealed record DecisionView(string Id, string Action, string From, string To, string DecidedBy, int RulesVersion, DateTimeOffset DecidedAt, string? Reason, IReadOnlyList<MatchView> Matches);
