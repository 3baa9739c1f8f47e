using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Tenancy;

namespace Modupay.Http;

/// <summary>
/// What each endpoint asks of its caller: exactly one permission, or openly nothing. The host does not start with an endpoint that says neither,
/// so that forgetting is seen by whoever forgot.
/// </summary>
internal static class Access
{
    private sealed record Needed(Permission Permission);

    private sealed record OpenToEverybody;

    public static RouteHandlerBuilder Needs(this RouteHandlerBuilder route, Permission permission) => route.WithMetadata(new Needed(permission)).Refuses(403);

    /// <summary>
    /// For what must be reachable before one is known: signing in, accepting an invitation, the keys that tokens are checked with. Whoever calls it is
    /// limited by his address.
    /// </summary>
    public static T OpenToAll<T>(this T route) where T : IEndpointConventionBuilder
    {
        if (route is RouteHandlerBuilder described) described.Refuses(StatusCodes.Status429TooManyRequests);
        return route.WithMetadata(new OpenToEverybody());
    }

    private sealed record PeopleOnly;

    /// <summary>For what a program cannot do, whatever its key allows: it has no password, no sessions and no place among the members.</summary>
    public static RouteHandlerBuilder OnlyPeople(this RouteHandlerBuilder route) => route.WithMetadata(new PeopleOnly());

    /// <summary>For what concerns the person who calls and nobody else.</summary>
    public static RouteHandlerBuilder ForPeople(this RouteHandlerBuilder route) => route.Needs(Permission.Self).OnlyPeople();

    public static bool IsForPeople(Endpoint endpoint) => endpoint.Metadata.GetMetadata<PeopleOnly>() is not null;

    public static Permission? NeededBy(Endpoint endpoint) => endpoint.Metadata.GetMetadata<Needed>()?.Permission;

    public static bool IsOpen(Endpoint endpoint) => IsOpen(endpoint.Metadata);

    public static bool IsOpen(IEnumerable<object> metadata) => metadata.OfType<OpenToEverybody>().Any();

    public static Problem? Refusal(Caller caller, Endpoint endpoint)
    {
        if (IsOpen(endpoint) || NeededBy(endpoint) is not { } permission || caller.May(permission)) return null;
        return new Problem(Errors.Forbidden, $"This needs the permission {PermissionNames.Of(permission)}.");
    }

    /// <exception cref="InvalidOperationException">An endpoint under /v1 does not say who may call it.</exception>
    public static void RequireDeclarations(IEndpointRouteBuilder routes)
    {
        var silent = routes.DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText?.StartsWith("/v1/", StringComparison.Ordinal) is true && !IsOpen(endpoint) && NeededBy(endpoint) is null)
            .Select(endpoint => endpoint.DisplayName).ToList();
        if (silent.Count > 0) throw new InvalidOperationException($"These endpoints declare no permission: {string.Join(", ", silent)}.");
    }
}
