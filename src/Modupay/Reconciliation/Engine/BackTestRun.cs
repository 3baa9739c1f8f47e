using Modupay.Banking.Statements;
using Modupay.Tenancy;

namespace Modupay.Reconciliation;

/// <summary>
/// What rules would have made of lines that are explained by now. Each line is taken as it came, and each item as it was before any of them touched it;
/// what is still open today competes, as it would have then. True is what stands in the end, whoever said it, unless a person said that it is false.
/// </summary>
internal sealed class BackTestRun(Database database, FieldCipher cipher)
{
    /// <summary>As many as a request can weigh in its time.</summary>
    public const int MostLines = 5_000;

    private static readonly string[] Decided = ["matched", "partially_matched", "ignored"];

    public Task<Result<RunView>> RunAsync(TenantId tenant, LineScope scope, RuleSet? rules, CancellationToken ct) => database.ReadAsync<Result<RunView>>(tenant, async session =>
    {
        var stored = await StatementLines.InPeriodAsync(session, Guid.Empty, MostLines + 1, scope.From, scope.To, Decided, scope.Accounts, ct);
        if (stored.Count > MostLines) return TooLarge();
        var used = rules ?? await RuleSets.CurrentAsync(session, ct);
        var lines = await TakeInLines.ReduceAsync(session, cipher, new CounterpartyKeyring(cipher, tenant), stored, ct);
        var matches = await session.ListAsync(MatchSql.StandingOf, [lines.Select(line => line.Id.Value).ToArray()], Match.Read, ct);
        var explained = matches.Where(match => match.Item is not null).Select(match => (match.Line, Item: match.Item!.Value)).ToList();
        var returned = await ReturnedAsync(session, matches, ct);
        var truth = explained.Concat(returned).ToHashSet();
        List<OpenItem> items =
        [
            .. await RestoreAsync(session, explained, ct),
            // By the time its money came back, the order was settled.
            .. (await RestoreAsync(session, returned, ct)).Select(item => item with { Order = OrderStage.Settled }),
        ];

        var outcome = await Matcher.RunAsync(used, lines, new AsItWas(items, new SqlCandidates(session)), ct);
        return RunEndpoints.Of("back_test", used, lines.Count, outcome) with { Quality = [.. BackTest.Compare(used, outcome.Proposals, truth).Select(RuleQualityView.Of)] };
    }, ct);

    private static Task<List<OpenItem>> RestoreAsync(Session session, List<(StatementLineId, ExpectedItemId Item)> pairs, CancellationToken ct) =>
        session.ListAsync(ItemSql.AsExpected, [pairs.Select(pair => pair.Item.Value).Distinct().ToArray()], row => ItemSql.ReadOpen(row), ct);

    private static async Task<List<(StatementLineId, ExpectedItemId Item)>> ReturnedAsync(Session session, List<Match> matches, CancellationToken ct)
    {
        var returns = matches.Where(match => match.Returned is not null).ToList();
        var items = (await session.ListAsync(ItemSql.OfSlices, [session.Tenant.Value, returns.Select(match => match.Returned!.Value.Value).ToArray()],
            row => (Slice: new SliceId(row.GetGuid(0)), Item: new ExpectedItemId(row.GetGuid(1))), ct)).ToDictionary(row => row.Slice, row => row.Item);
        return [.. returns.Select(match => (match.Line, items[match.Returned!.Value]))];
    }

    public static Problem TooLarge() => new(Errors.RunTooLarge, $"A run compares at most {MostLines} lines at once: name a shorter period or fewer accounts.");

    /// <summary>The items that the lines turned out to be, whole again, among those that are open today. What was undone since is what the rules should not say again, so it is not kept from them.</summary>
    private sealed class AsItWas(IReadOnlyList<OpenItem> restored, SqlCandidates today) : ICandidates
    {
        private readonly CandidatesAtHand _restored = new(restored, new HashSet<(StatementLineId, ExpectedItemId)>());
        private readonly HashSet<(ExpectedItemId, bool)> _known = [.. restored.Select(Key)];

        public async Task<CandidateSet> FindAsync(Rule rule, IReadOnlyList<OpenLine> lines, CancellationToken ct)
        {
            var (before, now) = (await _restored.FindAsync(rule, lines, ct), await today.FindAsync(rule, lines, ct));
            return new([.. before.Pairs, .. now.Pairs.Where(pair => !_known.Contains(Key(pair.Item)))], now.CutShort);
        }

        private static (ExpectedItemId, bool) Key(OpenItem item) => (item.Id, item.Order is not null);
    }
}
