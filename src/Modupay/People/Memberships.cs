using Modupay.Tenancy;
using Npgsql;

namespace Modupay.People;

/// <summary>What somebody is in an organization. An empty list of departments means the whole of it.</summary>
internal sealed record Membership(OrganizationId Organization, UserId User, Role Role, IReadOnlyList<DepartmentId> Departments, DateTimeOffset Since)
{
    public static Membership Read(NpgsqlDataReader row) => new(new(row.GetGuid(0)), new(row.GetGuid(1)), Roles.Parse(row.GetString(2))!.Value,
        [.. row.GetFieldValue<Guid[]>(3).Select(DepartmentId.From)], row.GetFieldValue<DateTimeOffset>(4));
}

internal static class MembershipSql
{
    private const string Columns = "organization_id, user_id, role, departments, created_at";

    internal const string OfUser = $"select {Columns} from people.memberships where user_id = $1 order by created_at, organization_id";

    /// <summary>Lets the transaction see what somebody is in every organization.</summary>
    internal const string SpeakOf = "select set_config('app.user', $1, true)";

    internal const string Page = $"select {Columns} from people.memberships where user_id < $1 order by user_id desc limit $2";

    internal const string Find = $"select {Columns} from people.memberships where user_id = $1";

    internal const string Lock = $"select {Columns} from people.memberships where user_id = $1 for update";

    /// <summary>
    /// Every owner is locked, so that of two owners who leave at once the second sees that the first has left: PostgreSQL reads the row again when
    /// the lock is his.
    /// </summary>
    internal const string LockOwners = "select user_id from people.memberships where role = any($1) order by user_id for update";

    internal const string Insert = """
        insert into people.memberships (organization_id, user_id, role, departments, created_at) values ($1, $2, $3, $4, $5)
        on conflict (organization_id, user_id) do nothing
        """;

    internal const string Change = $"update people.memberships set role = $2, departments = $3 where user_id = $1 returning {Columns}";

    internal const string Delete = "delete from people.memberships where user_id = $1";
}

/// <summary>Who may make whom what.</summary>
internal static class Grants
{
    /// <summary>From the highest to the lowest. The platform's people are on a ladder of their own.</summary>
    private static readonly IReadOnlyList<Role> OfOrganization = [Role.Owner, Role.Admin, Role.Developer, Role.Viewer];
    private static readonly IReadOnlyList<Role> OfPlatform = [Role.Operator, Role.OperatorViewer];

    public static IReadOnlyList<Role> RolesIn(OrganizationId organization) => organization == PlatformOrganization.Id ? OfPlatform : OfOrganization;

    /// <summary>The role without whose bearer nobody could invite anybody.</summary>
    public static Role HighestIn(OrganizationId organization) => RolesIn(organization)[0];

    /// <summary>Nobody makes anybody more than he is himself, nor touches who is more.</summary>
    public static bool Reaches(Role own, Role other)
    {
        var ladder = OfPlatform.Contains(own) ? OfPlatform : OfOrganization;
        var (from, to) = (Index(ladder, own), Index(ladder, other));
        return to >= 0 && from <= to;
    }

    /// <summary>A role of this organization that the granting person reaches, as the request names it.</summary>
    public static Result<Role> Parse(string? name, OrganizationId organization, Role own)
    {
        if (name is null || Roles.Parse(name) is not { } role || !RolesIn(organization).Contains(role))
            return new Problem(Errors.InvalidRequest, "There is no such role here.", [new("role", "unknown", $"One of {string.Join(", ", RolesIn(organization).Select(Roles.Name))}.")]);
        return Reaches(own, role) ? role : new Problem(Errors.RoleAboveOwn, $"Your own role is {Roles.Name(own)}.");
    }

    private static int Index(IReadOnlyList<Role> ladder, Role role) => ladder.TakeWhile(other => other != role).Count() is var index && index < ladder.Count ? index : -1;
}
