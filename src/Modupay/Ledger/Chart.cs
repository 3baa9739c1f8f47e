using System.Text.Json.Nodes;

namespace Modupay.Ledger;

internal static class ChartSql
{
    internal const string Add = "select ledger.add_chart_nodes($1, $2, $3, $4, $5)";

    internal const string Nodes = "select code, name, normal_side, currency::text, template from ledger.chart_nodes where tenant_id = $1 order by code";

    internal const string SideFor = "select normal_side from ledger.chart_nodes where tenant_id = $1 and code = ledger.chart_node($1, $2)";
}

/// <summary>
/// A place in the chart of accounts. <c>treasury/*/bank</c> takes <c>treasury/ta_…/bank</c> and what lies below it; the node that fits best counts.
/// What it leaves open, whoever opens an account may choose.
/// </summary>
internal sealed record ChartNode(string Code, string Name, NormalSide? Side = null, Currency? Currency = null, string? Template = null);

/// <summary>
/// Which accounts there may be. An organization gets the nodes of the template when it first opens an account that no node of its own takes, and
/// new ones of a later version the same way. Nodes are added, never changed: accounts rely on them.
/// </summary>
internal static class Chart
{
    /// <summary>The node that takes everything, for whoever wants no chart.</summary>
    public static readonly ChartNode Anything = new("*", "Anything");

    private static readonly Lazy<IReadOnlyList<ChartNode>> Payments = new(() => Load("payments"));

    public static IReadOnlyList<ChartNode> Template => Payments.Value;

    /// <returns>How many were not there yet.</returns>
    public static Task<long> AddAsync(UnitOfWork unit, IReadOnlyList<ChartNode> nodes, string? template, CancellationToken ct) => unit.ScalarAsync<long>(ChartSql.Add,
    [
        nodes.Select(node => node.Code).ToArray(),
        nodes.Select(node => node.Name).ToArray(),
        nodes.Select(node => node.Side is { } side ? NormalSides.Text(side) : null).ToArray(),
        nodes.Select(node => node.Currency?.Code).ToArray(),
        template,
    ], ct);

    public static Task<long> AddTemplateAsync(UnitOfWork unit, CancellationToken ct) => AddAsync(unit, Template, "payments", ct);

    public static Task<List<ChartNode>> NodesAsync(Session session, CancellationToken ct) => session.ListAsync(ChartSql.Nodes, [session.Tenant.Value], row =>
        new ChartNode(row.GetString(0), row.GetString(1), row.Text(2) is { } side ? NormalSides.Parse(side) : null, row.Text(3) is { } currency ? Currency.Known(currency) : null, row.Text(4)), ct);

    /// <summary>The side that the chart prescribes for an account of this code, or null.</summary>
    public static async Task<NormalSide?> SideForAsync(UnitOfWork unit, string code, CancellationToken ct)
    {
        var sides = await unit.ListAsync(ChartSql.SideFor, [unit.Tenant.Value, code], row => row.Text(0), ct);
        if (sides.Count == 0 && await AddTemplateAsync(unit, ct) > 0) return await SideForAsync(unit, code, ct);
        return sides is [{ } side] ? NormalSides.Parse(side) : null;
    }

    private static List<ChartNode> Load(string name)
    {
        using var stream = typeof(Chart).Assembly.GetManifestResourceStream($"charts/{name}.chart.json") ?? throw new InvalidOperationException($"No chart {name}.");
        var nodes = JsonNode.Parse(stream)!["nodes"]!.AsArray();
        return [.. nodes.Select(node => new ChartNode((string)node!["code"]!, (string)node["name"]!, node["normalSide"] is { } side ? NormalSides.Parse((string)side!) : null))];
    }
}
