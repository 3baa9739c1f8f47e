using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;

namespace Modupay.People.Endpoints;

/// <summary>GET /.well-known/jwks.json: what others check our access tokens with. It is RFC 7517's own form, so it stands outside the envelope.</summary>
internal static class KeySetEndpoints
{
    /// <summary>A key is published a day before it signs, so this may be remembered for much longer than it is.</summary>
    private const int MaxAgeSeconds = 300;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/.well-known/jwks.json", async (HttpContext http, SigningKeys keys, CancellationToken ct) =>
    {
        http.Response.Headers.CacheControl = $"public, max-age={MaxAgeSeconds}";
        return Results.Bytes(JsonSerializer.SerializeToUtf8Bytes(await keys.PublishedAsync(ct), PeopleJson.Default.JwkSet), "application/jwk-set+json");
    }).OpenToAll().WithSummary("The public keys that access tokens are signed with").Produces<JwkSet>(contentType: "application/jwk-set+json");
}
