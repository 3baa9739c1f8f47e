using Modupay.Banking.Accounts;
using Modupay.Banking.Payouts;

namespace Modupay.Reconciliation;

/// <summary>A person finds that a credit brings back the money of an order that the bank had carried out, and the bank did not say so clearly enough for a rule.</summary>
internal static class ReturnLine
{
    /// <param name="chargesMinor">What the banks kept of it on the way back.</param>
    public static async Task<Result<StatementLineId>> RunAsync(UnitOfWork unit, StatementLineId id, SliceId slice, long chargesMinor, DecisionMaker maker, CancellationToken ct)
    {
        var held = await LineWork.HoldAsync(unit, id, ct);
        if (held.Problem is { } unknown) return unknown;
        var next = LineMoves.Next(held.Value.State, LineVerb.MatchesWhole);
        if (next.Problem is { } refused) return refused;
        if (held.Value is not { Open.Line: { } line, State: LineState.Unmatched }) return new Problem(Errors.LineState, "Only a line that is wholly unexplained can be a return.");

        var slices = await SettleSlices.LockAsync(unit, [slice], ct);
        var account = await BankAccounts.FindAsync(unit, line.Account, ct) ?? throw new InvalidOperationException($"{line.Account} is gone.");
        var evidence = new Evidence(["return"]) { Reference = slices.Find(slice)?.EndToEndId, ReturnReason = line.ReturnReason };
        var match = ReturnedOrder.Match(line, slice, chargesMinor, slices, account, MatchRules.Person, Score.Most, evidence);
        if (match.Problem is { } impossible) return impossible;
        var written = await LineDecisions.WriteAsync(unit, [new(line, held.Value.State, next.Value, "matched", [match.Value])], maker, slices, ct);
        return written[0].Problem is { } ledger ? ledger : id;
    }
}
