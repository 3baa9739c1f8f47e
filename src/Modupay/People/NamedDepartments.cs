using Modupay.Tenancy;

namespace Modupay.People;

/// <summary>The departments that a request confines somebody to, by their ids.</summary>
internal static class NamedDepartments
{
    private const int Most = 100;

    public static async Task<Result<IReadOnlyList<DepartmentId>>> ParseAsync(Database database, TenantId tenant, IReadOnlyList<string> named, CancellationToken ct)
    {
        var ids = new List<DepartmentId>();
        foreach (var text in named.Take(Most + 1))
        {
            if (!Id.TryParse<DepartmentId>(text, out var id)) return Unknown();
            if (!ids.Contains(id)) ids.Add(id);
        }
        if (ids.Count > Most) return Unknown();
        return ids.Count == 0 || await database.ReadAsync(tenant, session => Departments.AreActiveAsync(session, ids, ct), ct) ? ids : Unknown();
    }

    private static Problem Unknown() => new(Errors.InvalidRequest, "There is no such department here.", [new("departments", "unknown", "Ids of departments that are in use, or none for all of them.")]);
}
