namespace Modupay.Tenancy;

internal static class DepartmentDoorSql
{
    internal const string Known = "select department_id from tenancy.departments where department_id = any($1) and archived_at is null";
}

/// <summary>The door to departments for the rest of the product.</summary>
internal static class Departments
{
    private const int MaxNamed = 100;

    /// <summary>The departments a request names by their ids, if each of them is one of the tenant's organization that is in use.</summary>
    public static async Task<Result<IReadOnlyList<DepartmentId>>> ParseAsync(Database database, TenantId tenant, IReadOnlyList<string> named, CancellationToken ct)
    {
        var ids = new List<DepartmentId>();
        foreach (var text in named.Take(MaxNamed + 1))
        {
            if (!Id.TryParse<DepartmentId>(text, out var id)) return Unknown();
            if (!ids.Contains(id)) ids.Add(id);
        }
        if (ids.Count > MaxNamed) return Unknown();
        var known = ids.Count == 0 ? [] : await database.ListAsync(tenant, DepartmentDoorSql.Known, [ids.Select(id => id.Value).ToArray()], row => new DepartmentId(row.GetGuid(0)), ct);
        return known.Count == ids.Count ? ids : Unknown();
    }

    private static Problem Unknown() => new(Errors.InvalidRequest, "There is no such department here.", [new("departments", "unknown", "Ids of departments that are in use, or none for all of them.")]);
}
