using Modupay.Http;
using Modupay.Kernel;
using Modupay.People;
using Modupay.Tenancy;

namespace Modupay.JourneyTests.Security;

/// <summary>People who are logged in, by the same statements as if they had accepted an invitation, without the letter and the work of a password.</summary>
internal static class TestPeople
{
    public static async Task<TestPerson> JoinAsync(Services services, OrganizationId organization, Role role, params DepartmentId[] departments)
    {
        var people = services.People;
        var id = Id.New<UserId>(services.Time);
        var email = EmailAddress.Parse($"{id}@people.example").Value;
        var subject = await people.Users.SubjectAsync(email, CancellationToken.None);
        var hash = await people.Users.HashOfAsync(email, CancellationToken.None);
        var started = await people.Logins.StartAsync(id, organization, role, [AccessToken.Method.Password], new Visit(new Origin(null, "req_test"), null),
            async unit =>
            {
                await unit.ExecuteAsync(MembershipSql.Insert, [organization.Value, id.Value, Roles.Name(role), departments.Select(department => department.Value).ToArray(), unit.Now], CancellationToken.None);
                return null;
            },
            async unit =>
            {
                await unit.ExecuteAsync(UserSql.Insert, [id.Value, PlatformTenant.Id.Value, hash, subject.SealEmail(email), subject.SealName("Somebody"), "", unit.Now], CancellationToken.None);
                return null;
            },
            CancellationToken.None);
        Assert.Null(started.Problem);
        return new(id, started.Value.Access);
    }
}

/// <param name="Token">An access token, good for an hour.</param>
internal sealed record TestPerson(UserId Id, string Token);
