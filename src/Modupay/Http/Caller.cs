using System.Reflection;
using Microsoft.AspNetCore.Http;
using Modupay.Tenancy;

namespace Modupay.Http;

/// <summary>Who sent the request, for whom, and what that allows. An endpoint that takes a Caller cannot run without one.</summary>
/// <param name="Tenant">Whose data the request is about: the caller's own, or that of an organization its partner acts for.</param>
/// <param name="Home">The organization that the key or the person belongs to.</param>
/// <param name="Departments">Which departments the caller is confined to; null is none.</param>
internal sealed record Caller(TenantId Tenant, OrganizationId Organization, OrganizationId Home, bool Live, Actor Actor, Permissions Permissions, IReadOnlyList<DepartmentId>? Departments = null)
{
    public static ValueTask<Caller?> BindAsync(HttpContext context, ParameterInfo parameter) => ValueTask.FromResult(context.Features.Get<Caller>());

    public bool Confined => Departments is not null;

    public bool May(Permission permission) => Permissions.Has(permission) && (!Confined || Roles.InDepartments.Has(permission));

    public bool IsPlatform => Organization == PlatformOrganization.Id;
}
