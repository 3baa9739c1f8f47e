using Modupay.Notifications;

namespace Modupay.Banking.Statements;

/// <summary>
/// After a file is read, the chain of every account in it is examined anew. What shows for the first time is a finding and is announced; what no longer
/// shows, because the missing file has come, is resolved and stays to be seen.
/// </summary>
internal static class ExamineContinuity
{
    public static async Task RunAsync(UnitOfWork unit, StatementFile file, BusinessDays days, CancellationToken ct)
    {
        var accounts = await unit.ListAsync(FindingSql.AccountsOf, [file.Id.Value, file.Attempt], row => (Key: row.GetFieldValue<byte[]>(0), Currency: row.GetString(1)), ct);
        // In one order for everybody, or two files of the same accounts would wait for each other.
        foreach (var (key, currency) in accounts.OrderBy(account => Convert.ToHexString(account.Key), StringComparer.Ordinal).ThenBy(account => account.Currency, StringComparer.Ordinal))
            await unit.ScalarAsync<string>(FindingSql.LockAccount, [key, currency], ct);
        await unit.ExecuteAsync(FindingSql.MarkDuplicates, [file.Id.Value, file.Attempt], ct);
        foreach (var (key, currency) in accounts) await Repetitions.LinkAsync(unit, file, key, currency, ct);
        foreach (var (key, currency) in accounts) await ExamineAsync(unit, key, currency, days, ct);
    }

    private static async Task ExamineAsync(UnitOfWork unit, byte[] key, string currency, BusinessDays days, CancellationToken ct)
    {
        var chain = await unit.ListAsync(FindingSql.Chain, [key, currency], Link.Read, ct);
        var byId = chain.ToDictionary(link => link.Self.Id);
        await Announcements.LinkAsync(unit, key, currency, ct);
        var unbooked = await Announcements.UnbookedAsync(unit, key, currency, ct);
        var found = Continuity.Examine(chain.Select(link => link.Self), days).Concat(chain.Where(link => link.DuplicateOf is not null).Select(Repeated)).Concat(Strangers(chain))
            .Concat(unbooked.Where(open => byId.ContainsKey(open.Statement)).Select(open => open.Finding(byId[open.Statement].Self))).ToList();
        var known = (await unit.ListAsync(FindingSql.OfAccount, [key, currency], StatementFinding.Read, ct)).ToDictionary(finding => (finding.Kind, finding.Statement));

        foreach (var finding in found)
        {
            var at = byId[finding.At.Id];
            var previous = finding.Previous?.Id ?? at.DuplicateOf;
            if (known.Remove((finding.Kind, finding.At.Id), out var before) && before.State is "open") continue;
            var id = before?.Id ?? Id.New<FindingId>(unit.Time);
            await unit.ExecuteAllAsync([before is null
                ? (FindingSql.Insert, [id.Value, unit.Tenant.Value, finding.Kind, finding.At.Id.Value, previous?.Value, at.TreasuryAccount?.Value, key, at.AccountMasked, currency,
                    finding.Expected, finding.Found, finding.FromOn, finding.ToOn, unit.Now])
                : (FindingSql.Reopen, [id.Value, previous?.Value, finding.Expected, finding.Found, finding.FromOn, finding.ToOn, unit.Now])], ct);
            await PublishAsync(unit, EventTypes.StatementFindingOpened, new StatementFindingEvent(id.ToString(), finding.Kind, finding.At.Id.ToString(), at.AccountMasked, currency,
                at.TreasuryAccount?.ToString(), previous?.ToString(), finding.Expected, finding.Found, finding.FromOn, finding.ToOn), ct);
        }

        foreach (var gone in known.Values.Where(finding => finding.State is "open"))
        {
            await unit.ExecuteAsync(FindingSql.Resolve, [gone.Id.Value, unit.Now], ct);
            await PublishAsync(unit, EventTypes.StatementFindingResolved, new StatementFindingEvent(gone.Id.ToString(), gone.Kind, gone.Statement.ToString(), gone.AccountMasked, gone.Currency.Code,
                gone.TreasuryAccount?.ToString(), gone.Previous?.ToString(), gone.Expected, gone.Found, gone.FromOn, gone.ToOn), ct);
        }
    }

    private static Discontinuity Repeated(Link link) => new("duplicate", link.Self, null, null, null, link.Self.FirstBookedOn ?? link.Self.OpeningOn, link.Self.ClosingOn);

    /// <summary>No treasury account has this IBAN and currency: nothing of it is booked, and somebody should know. Said once, at the first, however many there are.</summary>
    private static IEnumerable<Discontinuity> Strangers(IReadOnlyList<Link> chain)
    {
        var strangers = chain.Where(link => link.TreasuryAccount is null && link.DuplicateOf is null).OrderBy(link => link.Self.Id.Value).ToList();
        if (strangers is [var first, ..])
            yield return new("account_unknown", first.Self, null, null, null, strangers.Min(link => link.Self.FirstBookedOn ?? link.Self.OpeningOn), strangers.Max(link => link.Self.ClosingOn));
    }

    private static Task PublishAsync(UnitOfWork unit, string type, StatementFindingEvent finding, CancellationToken ct) =>
        NotificationsDoor.PublishAsync(unit, type, finding.FindingId, finding, BankingEventsJson.Default.StatementFindingEvent, ct);

    private sealed record Link(ChainLink Self, StatementId? DuplicateOf, TreasuryAccountId? TreasuryAccount, string AccountMasked)
    {
        public static Link Read(Npgsql.NpgsqlDataReader row) => new(
            new ChainLink(new(row.GetGuid(0)), row.Integer(1), row.Integer(2), row.IsDBNull(3) ? null : row.GetInt64(3), row.Date(4), row.IsDBNull(5) ? null : row.GetInt64(5), row.Date(6), row.Date(7), row.GetBoolean(8)),
            row.IsDBNull(9) ? null : new StatementId(row.GetGuid(9)), row.IsDBNull(10) ? null : new TreasuryAccountId(row.GetGuid(10)), row.GetString(11));
    }
}
