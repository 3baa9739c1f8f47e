using Modupay.Banking.Accounts;
using Modupay.Banking.Payouts;

namespace Modupay.Reconciliation;

/// <summary>
/// Runs the rules over everything of a tenant that is open, and writes what they find in transactions of some hundred lines. Dying in the middle loses
/// nothing, running again adds nothing, and of two runs at once each line is served by one.
/// </summary>
internal sealed class ReconcileLines(Database database)
{
    /// <summary>As many lines as are weighed against each other at a time: a few hundred bytes each.</summary>
    internal const int PageSize = 100_000;

    private const int BatchSize = 500;

    public async Task<ReconcileReport> RunAsync(TenantId tenant, LineScope scope, CancellationToken ct) => (await RunAsync(tenant, scope, RulesPlace.Start, TimeSpan.MaxValue, ct)).Report;

    /// <returns>What was done; and where to go on when the time was used up before the lines were. At least one batch is written however short the time is.</returns>
    public async Task<(ReconcileReport Report, RulesPlace? Left)> RunAsync(TenantId tenant, LineScope scope, RulesPlace from, TimeSpan time, CancellationToken ct)
    {
        var started = database.Time.GetTimestamp();
        var total = ReconcileReport.Nothing;
        for (var place = from; ;)
        {
            var page = await PageAsync(tenant, scope, place.After, ct);
            place = place with { Waiting = place.Waiting || page.Outcome.Waiting.Count > 0 };
            total = total with { Ambiguous = (place.After == Guid.Empty ? 0 : total.Ambiguous) + page.Outcome.Ambiguous.Count };
            foreach (var batch in page.Outcome.Proposals.Chunk(BatchSize))
            {
                var done = await ApplyAsync(tenant, page.Rules, batch, ct);
                total = total.With(done);
                place = place with { Again = place.Again || BringsMore(done, page.Outcome, place) };
                // The rest of the page is proposed anew; what was written is no longer open.
                if (IsOver()) return (total, place);
            }
            if (page.Lines.Count == PageSize) place = place with { After = page.Lines[^1].Id.Value };
            else if (place.Again) place = RulesPlace.Start;
            else return (total, null);
            if (IsOver()) return (total, place);
        }

        bool IsOver() => database.Time.GetElapsedTime(started) >= time;
    }

    /// <summary>
    /// What is paid in part may now be exactly what another line says, and an order that is booked now may be the one that another line gives back. So all
    /// are looked at again until that brings nothing.
    /// </summary>
    private static bool BringsMore(IReadOnlyList<Proposal> done, MatchOutcome outcome, RulesPlace place) => done.Count > 0 && (outcome.Proposals.Any(proposal => proposal.Rule is MatchRule.ManyToOne)
        || (place.Waiting && Parts(done).Any(part => part.Item is { Slice: not null, Order: null })));

    /// <summary>Lines and their candidates as one moment shows them.</summary>
    private Task<Page> PageAsync(TenantId tenant, LineScope scope, Guid after, CancellationToken ct) => database.ReadAsync(tenant, async session =>
    {
        var rules = await RuleSets.CurrentAsync(session, ct);
        var lines = await OpenAsync(session, scope, after, PageSize, ct);
        return new Page(rules, lines, await Matcher.RunAsync(rules, lines, new SqlCandidates(session), ct));
    }, ct);

    public static async Task<List<OpenLine>> OpenAsync(Session session, LineScope scope, Guid after, int limit, CancellationToken ct) =>
        [.. (await session.ListAsync(OpenLineSql.ForEngine, [session.Tenant.Value, after, limit, scope.From, scope.To, scope.Accounts], OpenLineSql.Read, ct)).Select(row => row.Line)];

    private async Task<IReadOnlyList<Proposal>> ApplyAsync(TenantId tenant, RuleSet rules, IReadOnlyList<Proposal> proposals, CancellationToken ct) =>
        (await database.TransactAsync<IReadOnlyList<Proposal>>(tenant, async unit => await ApplyAsync(unit, rules, proposals, ct), ct)).Value;

    /// <summary>Writes those that are still true under the locks. What changed since it was proposed is for the next run.</summary>
    private static async Task<List<Proposal>> ApplyAsync(UnitOfWork unit, RuleSet rules, IReadOnlyList<Proposal> proposals, CancellationToken ct)
    {
        var held = (await unit.ListAsync(OpenLineSql.LockForEngine, [proposals.Select(proposal => proposal.Line.Id.Value).ToArray()], row => new StatementLineId(row.GetGuid(0)), ct)).ToHashSet();
        // A person may have put one together and taken it apart since it was proposed.
        var rejected = await SqlCandidates.RejectedAsync(unit, [.. held.Select(line => line.Value)], ct);
        var possible = proposals.Where(proposal => held.Contains(proposal.Line.Id) && !proposal.Parts.Any(part => rejected.Contains((proposal.Line.Id, part.Item.Id)))).ToList();
        var slices = await SettleSlices.LockAsync(unit, [.. Parts(possible).Where(part => part.Item.Slice is not null).Select(part => part.Item.Slice!.Value)], ct);
        possible.RemoveAll(proposal => proposal.Parts.Any(part => part.Item is { Order: null, Slice: { } slice } && slices.Refusal(slice) is not null));
        var items = await LockedItem.LockAsync(unit, Parts(possible).Select(part => part.Item.Id), ct);
        var left = items.ToDictionary(item => item.Key, item => item.Value.Item.Open.Minor);

        var decisions = new List<(Proposal Proposal, LineDecision Decision)>();
        foreach (var proposal in possible)
        {
            var matches = proposal.Rule is MatchRule.Return ? await ReturnAsync(unit, proposal, slices, ct) : Explain(proposal, items, left);
            if (matches.Count > 0) decisions.Add((proposal, new(proposal.Line, LineState.Unmatched, LineMoves.Next(LineState.Unmatched, LineVerb.EngineMatches).Value, "matched", matches)));
        }
        if (decisions.Count == 0) return [];
        var written = await LineDecisions.WriteAsync(unit, [.. decisions.Select(item => item.Decision)], DecisionMaker.Engine(rules.Version), slices, ct);
        return [.. decisions.Where((_, place) => written[place].Problem is null).Select(item => item.Proposal)];
    }

    /// <summary>None when less of an item is left than there was.</summary>
    private static List<NewMatch> Explain(Proposal proposal, Dictionary<ExpectedItemId, LockedItem> items, Dictionary<ExpectedItemId, long> left)
    {
        if (!proposal.Parts.All(part => IsLeft(proposal, part, left))) return [];
        foreach (var part in proposal.Parts) left[part.Item.Id] -= part.ItemMinor;
        return [.. proposal.Parts.Select(part => new NewMatch(items[part.Item.Id], items[part.Item.Id].LedgerAccount, part.LineMinor, part.ItemMinor, MatchRules.Text(proposal.Rule), part.Score, part.Evidence))];
    }

    /// <summary>None when the order is not settled any more. Returns are few, so each asks for its account.</summary>
    private static async Task<List<NewMatch>> ReturnAsync(UnitOfWork unit, Proposal proposal, SettleSlices slices, CancellationToken ct)
    {
        var (line, part) = (proposal.Line, proposal.Parts[0]);
        var account = await BankAccounts.FindAsync(unit, line.Account, ct) ?? throw new InvalidOperationException($"{line.Account} is gone.");
        var match = ReturnedOrder.Match(line, part.Item.Slice!.Value, part.ItemMinor - part.LineMinor, slices, account, MatchRules.Text(proposal.Rule), part.Score, part.Evidence);
        return match.Problem is null ? [match.Value] : [];
    }

    private static IEnumerable<Part> Parts(IEnumerable<Proposal> proposals) => proposals.SelectMany(proposal => proposal.Parts);

    private static bool IsLeft(Proposal proposal, Part part, Dictionary<ExpectedItemId, long> left) => left.TryGetValue(part.Item.Id, out var minor)
        && (proposal.Rule is MatchRule.ManyToOne ? Math.Sign(minor) == Math.Sign(part.ItemMinor) && Math.Abs(minor) >= Math.Abs(part.ItemMinor) : minor == part.ItemMinor);

    private sealed record Page(RuleSet Rules, IReadOnlyList<OpenLine> Lines, MatchOutcome Outcome);
}

/// <summary>How far a run has come: after which line, and whether it has to begin anew at the end.</summary>
/// <param name="Waiting">A line was seen that gives back an order which was not booked yet.</param>
internal sealed record RulesPlace(Guid After, bool Again, bool Waiting = false)
{
    public static readonly RulesPlace Start = new(Guid.Empty, Again: false);
}

/// <summary>Which open lines: those of some accounts or of all, booked in a period or ever.</summary>
internal sealed record LineScope(DateOnly From, DateOnly To, Guid[]? Accounts = null)
{
    public static LineScope Everything { get; } = new(DateOnly.MinValue, DateOnly.MaxValue);
}

/// <summary>How many lines each rule explained, and how many could have been several things.</summary>
internal sealed record ReconcileReport(int Matched, int Ambiguous, IReadOnlyDictionary<string, int> ByRule)
{
    public static ReconcileReport Nothing { get; } = new(0, 0, new Dictionary<string, int>(StringComparer.Ordinal));

    public ReconcileReport With(IReadOnlyList<Proposal> done)
    {
        var rules = new Dictionary<string, int>(ByRule, StringComparer.Ordinal);
        foreach (var (rule, count) in done.CountBy(proposal => MatchRules.Text(proposal.Rule))) rules[rule] = rules.GetValueOrDefault(rule) + count;
        return this with { Matched = Matched + done.Count, ByRule = rules };
    }
}
