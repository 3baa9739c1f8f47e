using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Banking.Statements;

/// <summary>GET /v1/statement-findings and /v1/statement-coverage: what is missing between statements, and which days they cover.</summary>
internal static class ReadFindings
{
    private const int LongestPeriod = 400;

    internal static readonly string[] States = ["open", "resolved"];
    internal static readonly string[] Kinds = ["balance_gap", "sequence_gap", "days_missing", "duplicate", "back_dated", "announced_not_booked", "account_unknown"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/statement-findings", ListAsync).Needs(Permission.StatementsRead).AnswersList<StatementFindingView>("List what does not follow from one statement to the next, newest first").Refuses(400, 422)
            .Takes("state", "Only findings in this state.", States)
            .Takes("kind", "Only findings of this kind.", Kinds)
            .Takes("treasuryAccount", "Only findings about this account (`ta_…`).");
        routes.MapGet("/v1/statement-coverage", CoverageAsync).Needs(Permission.StatementsRead).WithName("getStatementCoverage").AnswersWholeList<AccountCoverageView>("Which business days the statements of each treasury account cover").Refuses(422)
            .Takes("from", "The first day, `yyyy-MM-dd`; thirty days before `to` when absent. A period has at most 400 days.")
            .Takes("to", "The last day, `yyyy-MM-dd`; today (UTC) when absent.");
    }

    private static async Task<IResult> ListAsync(HttpRequest request, Caller caller, Database database, CancellationToken ct, string? state = null, string? kind = null, string? treasuryAccount = null)
    {
        var page = PageRequest.From(request);
        if (page.Problem is { } badPage) return Reply.Refused(badPage);
        var problems = new List<FieldProblem>();
        if (state is not null && !States.Contains(state)) problems.Add(new("state", "unknown", $"One of {string.Join(", ", States)}."));
        if (kind is not null && !Kinds.Contains(kind)) problems.Add(new("kind", "unknown", $"One of {string.Join(", ", Kinds)}."));
        TreasuryAccountId account = default;
        if (treasuryAccount is not null && !Id.TryParse(treasuryAccount, out account)) problems.Add(new("treasuryAccount", "invalid", "Not the id of a treasury account (ta_…)."));
        if (problems.Count > 0) return Reply.Refused(new Problem(Errors.InvalidRequest, "Some values cannot be accepted.", problems));

        var rows = await database.ListAsync(caller.Tenant, FindingSql.List, [page.Value.Before, page.Value.Fetch, state, kind, treasuryAccount is null ? null : account.Value], StatementFinding.Read, ct);
        var (items, next) = page.Value.Cut(rows, finding => finding.Id.Value);
        return Reply.Ok([.. items.Select(StatementFindingView.Of)], StatementsJson.Default.IReadOnlyListStatementFindingView, next);
    }

    /// <summary>The last thirty days when nothing is said. A day counts as covered by the statement that books or closes it.</summary>
    private static async Task<IResult> CoverageAsync(Caller caller, Database database, CancellationToken ct, string? from = null, string? to = null)
    {
        var today = DateOnly.FromDateTime(database.Time.GetUtcNow().UtcDateTime);
        if (!Day(to, today, out var last)) return Reply.Refused(Bad("to"));
        if (!Day(from, last.AddDays(-30), out var first) || first > last || last.DayNumber - first.DayNumber > LongestPeriod) return Reply.Refused(Bad("from"));

        var (rows, findings) = await database.ReadAsync(caller.Tenant, async session => (
            await session.ListAsync(FindingSql.Covered, [first, last], Row.Read, ct),
            (await session.ListAsync(FindingSql.OpenFindingsPerAccount, [], row => (Account: row.GetGuid(0), Count: row.GetInt64(1)), ct)).ToDictionary(row => row.Account, row => (int)row.Count)), ct);
        var expected = BusinessDays.Usual.Between(first.AddDays(-1), last.AddDays(1));
        IReadOnlyList<AccountCoverageView> views = [.. rows.GroupBy(row => row.Account).Select(account => View(account.Key, [.. account], expected, findings.GetValueOrDefault(account.Key.Value)))];
        return Reply.Ok(views, StatementsJson.Default.IReadOnlyListAccountCoverageView);
    }

    private static AccountCoverageView View(TreasuryAccountId account, IReadOnlyList<Row> rows, IReadOnlyList<DateOnly> expected, int findings)
    {
        var statements = rows.Where(row => row.ClosingOn is not null).ToList();
        var missing = expected.Where(day => !statements.Any(row => row.FirstOn <= day && day <= row.ClosingOn)).ToList();
        var newest = statements.MaxBy(row => row.ClosingOn);
        return new(account.ToString(), rows[0].Name, statements.Count, expected.Count, missing, newest?.ClosingOn,
            newest is { ClosingMinor: { } minor, Currency: { } currency } ? new MoneyView(minor, currency) : null, findings);
    }

    private static bool Day(string? text, DateOnly otherwise, out DateOnly day)
    {
        day = otherwise;
        // The days around the period are looked at too, and the calendar has no day before its first or after its last.
        return text is null || (DateOnly.TryParseExact(text, "yyyy-MM-dd", out day) && day.Year is > 1900 and < 3000);
    }

    private static Problem Bad(string field) =>
        new(Errors.InvalidRequest, "Some values cannot be accepted.", [new(field, "invalid", $"A day as yyyy-MM-dd; the period is in order and at most {LongestPeriod} days.")]);

    private sealed record Row(TreasuryAccountId Account, string Name, DateOnly? FirstOn, DateOnly? ClosingOn, long? ClosingMinor, string? Currency)
    {
        public static Row Read(Npgsql.NpgsqlDataReader row) =>
            new(new(row.GetGuid(0)), row.GetString(1), row.Date(4), row.Date(5), row.IsDBNull(6) ? null : row.GetInt64(6), row.Text(7));
    }
}
