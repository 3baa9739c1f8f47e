using System.Text.Json;
using Modupay.Banking.Statements;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Reconciliation;

/// <summary>A booked line with what it is said to be. Positive amounts came in, negative ones went out.</summary>
/// <param name="Id">Its id, <c>ln_…</c>.</param>
/// <param name="State">How far it is explained; <c>ignored</c> when a person left it so.</param>
/// <param name="TreasuryAccount">The account it was booked on, <c>ta_…</c>.</param>
/// <param name="Amount">What the bank booked.</param>
/// <param name="OpenAmount">What is not explained yet, with the sign of the line.</param>
/// <param name="BookedOn">The day the bank booked it.</param>
/// <param name="ValueOn">The day from which it bears interest.</param>
/// <param name="AgeDays">How many days ago it was booked.</param>
/// <param name="Reversal">Whether it takes back an earlier movement.</param>
/// <param name="EndToEndId">The reference that travelled with the payment.</param>
/// <param name="BankReference">What the bank calls the movement.</param>
/// <param name="CustomerReference">What the account's owner called it when it was ordered.</param>
/// <param name="Remittance">What the payer wrote.</param>
/// <param name="CounterpartyAccount">The other account's number, masked.</param>
/// <param name="TransactionCode">What kind of movement it is: an ISO code such as <c>PMNT-RCDT-ESCT</c>, or SWIFT's, such as <c>NTRF</c>.</param>
/// <param name="ReturnReason">Why the money came back, an ISO 20022 code such as <c>AC04</c>.</param>
/// <param name="Matches">What it is said to be.</param>
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

/// <summary>A part of a line that is a part of an item, or was given to a ledger account.</summary>
/// <param name="Id">Its id, <c>mt_…</c>.</param>
/// <param name="Rule">The rule that found it, or <c>person</c>.</param>
/// <param name="Score">How sure it is, at most 1000.</param>
/// <param name="Amount">How much of the line it is, with the sign of the line.</param>
/// <param name="ItemAmount">How much of the item that settles; the two differ by what the bank kept.</param>
/// <param name="LedgerAccount">The code of the ledger account where the money went.</param>
/// <param name="Evidence">Why it is believed.</param>
/// <param name="ExpectedItem">The expected item (<c>xi_…</c>), where it is one.</param>
/// <param name="Slice">The bank order it settles, or whose money it brings back (<c>sl_…</c>).</param>
internal sealed record MatchView(string Id, string Rule, int Score, MoneyView Amount, MoneyView ItemAmount, string LedgerAccount, EvidenceView Evidence, string? ExpectedItem = null, string? Slice = null)
{
    public static MatchView Of(Match match) => new(match.Id.ToString(), match.Rule, match.Score, new(match.LineMinor, match.Currency.Code), new(match.ItemMinor, match.Currency.Code), match.LedgerAccount,
        EvidenceView.Of(JsonSerializer.Deserialize(match.Evidence, EvidenceJson.Default.Evidence)!, match.Currency), match.Item?.ToString(), (match.Returned ?? match.Slice)?.ToString());
}

/// <summary>Why a match is believed. Personal data is masked.</summary>
/// <param name="Agreed">What agrees, such as <c>rf_reference</c>, <c>amount</c> or <c>counterparty_iban</c>.</param>
/// <param name="Reference">The reference that both carry.</param>
/// <param name="Counterparty">The other account's number, masked, where it is the same.</param>
/// <param name="NameSimilarity">How similar the names are, out of 1000.</param>
/// <param name="DaysApart">How many days lie between booking and due date.</param>
/// <param name="Fee">What the bank kept, where the amounts differ.</param>
/// <param name="Items">How many items, or lines, were taken together.</param>
/// <param name="ReturnReason">Why the bank gave the money back, an ISO 20022 code such as <c>AC04</c>.</param>
internal sealed record EvidenceView(IReadOnlyList<string> Agreed, string? Reference = null, string? Counterparty = null, int? NameSimilarity = null, int? DaysApart = null, MoneyView? Fee = null, int? Items = null,
    string? ReturnReason = null)
{
    public static EvidenceView Of(Evidence evidence, Currency currency) => new(evidence.Agreed, evidence.Reference, evidence.Counterparty, evidence.NameSimilarity, evidence.DaysApart,
        evidence.FeeMinor is { } fee ? new(fee, currency.Code) : null, evidence.Items, evidence.ReturnReason);
}

/// <summary>What a line could be.</summary>
/// <param name="Item">The expected item.</param>
/// <param name="Score">How well it fits, out of 1000.</param>
/// <param name="Evidence">What speaks for it.</param>
/// <param name="IsReturn">The item is a settled order whose money the line would bring back: it is said by <c>return</c>, not by <c>match</c>.</param>
internal sealed record CandidateView(ExpectedItemView Item, int Score, EvidenceView Evidence, bool IsReturn);

/// <summary>One decision about a line.</summary>
/// <param name="Id">Its id, <c>dec_…</c>.</param>
/// <param name="Action">What was done.</param>
/// <param name="From">The state of the line before.</param>
/// <param name="To">The state of the line afterwards.</param>
/// <param name="DecidedBy"><c>engine</c>, or the id of a person (<c>usr_…</c>) or key (<c>key_…</c>).</param>
/// <param name="RulesVersion">The version of the rules at that time.</param>
/// <param name="DecidedAt">When (UTC).</param>
/// <param name="Reason">What was said.</param>
/// <param name="Matches">What the line was said to be by it.</param>
internal sealed record DecisionView(string Id, string Action, string From, string To, string DecidedBy, int RulesVersion, DateTimeOffset DecidedAt, string? Reason, IReadOnlyList<MatchView> Matches)
{
    internal static readonly string[] Actions = ["matched", "split", "ignored", "undone"];
}
