using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Ledger.Endpoints;

/// <summary>GET and POST /v1/ledger/chart: which accounts there may be.</summary>
internal static partial class ChartEndpoints
{
    /// <summary>What a node leaves open is chosen with the account.</summary>
    /// <param name="Code">What the codes of its accounts begin with: segments as in codes, or <c>*</c> for any one, at most 200 characters.</param>
    /// <param name="Name">At most 200 characters.</param>
    /// <param name="NormalSide">The normal side of its accounts; chosen with each account when absent.</param>
    /// <param name="Currency">The currency of its accounts (ISO 4217); chosen with each account when absent.</param>
    internal sealed record NodeRequest(string Code, string Name, string? NormalSide = null, string? Currency = null);

    /// <summary>A node of the chart: a kind of account there may be.</summary>
    /// <param name="Code">What the codes of its accounts begin with; <c>*</c> is any one segment.</param>
    /// <param name="NormalSide">The normal side of its accounts; absent when each chooses.</param>
    /// <param name="Currency">The currency of its accounts; absent when each chooses.</param>
    /// <param name="Template">The template it came with; absent when the organization added it.</param>
    internal sealed record NodeView(string Code, string Name, string? NormalSide, string? Currency, string? Template)
    {
        public static NodeView Of(ChartNode node) => new(node.Code, node.Name, node.Side is { } side ? NormalSides.Text(side) : null, node.Currency?.Code, node.Template);
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/ledger/chart", ListAsync).Needs(Permission.LedgerRead).AnswersWholeList<NodeView>("The chart of accounts; before the first account, what the template will make");
        routes.MapPost("/v1/ledger/chart", AddAsync).WithName("addLedgerChartNode").Needs(Permission.LedgerWrite).Accepts<NodeRequest>("application/json")
            .Answers<NodeView>(StatusCodes.Status201Created, "Add a node to the chart of accounts").Refuses(400, 409, 422);
    }

    private static async Task<IResult> ListAsync(Caller caller, Database database, CancellationToken ct)
    {
        var nodes = await database.ReadAsync(caller.Tenant, session => Chart.NodesAsync(session, ct), ct);
        return Reply.Ok([.. (nodes.Count > 0 ? nodes : Chart.Template).Select(NodeView.Of)], LedgerJson.Default.IReadOnlyListNodeView);
    }

    private static async Task<IResult> AddAsync(Body<NodeRequest> body, HttpRequest http, Caller caller, Database database, CancellationToken ct)
    {
        var asked = IdempotencyKey.Optional(http).And(body.Content.Then(Parse));
        if (asked.Problem is { } refused) return Reply.Refused(refused);
        var (key, node) = asked.Value;
        return await database.OnceAsync(caller.Tenant, key, body.Fingerprint, StatusCodes.Status201Created, LedgerJson.Default.NodeView, async unit =>
        {
            // The template first: a node * of the organization would keep it away, and with it its rules.
            await Chart.AddTemplateAsync(unit, ct);
            if (await Chart.AddAsync(unit, [node], template: null, ct) == 0)
                return new Problem(Errors.InvalidRequest, "This node is already there.", [new("code", "taken", "Accounts rely on a node, so it is never changed.")]);
            AuditLog.Record(unit, caller.Actor, AuditActions.ChartNodeAdded, node.Code, Change.Set("normalSide", body.Content.Value.NormalSide), Change.Set("currency", body.Content.Value.Currency));
            return NodeView.Of(node);
        }, ct);
    }

    private static Result<ChartNode> Parse(NodeRequest request)
    {
        var problems = new List<FieldProblem>();
        if (request.Code.Length > 200 || !Code().IsMatch(request.Code)) problems.Add(new("code", "invalid", "Segments of letters, digits and _ . : -, or *, separated by slashes; at most 200 characters."));
        if (request.Name.Length > 200) problems.Add(new("name", "length", "At most 200 characters."));
        if (request.NormalSide is not (null or "debit" or "credit")) problems.Add(new("normalSide", "unknown", "debit or credit."));
        Currency? currency = null;
        if (request.Currency is { } code)
        {
            var parsed = Currency.Parse(code);
            if (parsed.Problem is { } unknown) problems.Add(new("currency", unknown.Error.Code, unknown.Detail));
            else currency = parsed.Value;
        }
        return problems.Count > 0
            ? Problem.Invalid(problems)
            : new ChartNode(request.Code, request.Name, request.NormalSide is { } side ? NormalSides.Parse(side) : null, currency);
    }

    [GeneratedRegex(@"^([A-Za-z0-9_.:-]+|\*)(/([A-Za-z0-9_.:-]+|\*))*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex Code();
}
