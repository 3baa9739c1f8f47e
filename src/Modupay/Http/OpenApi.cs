using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Modupay.Http;

/// <summary>What the document needs beyond what the code says: a title, the key, and the shape of errors.</summary>
internal static class OpenApi
{
    public static void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Modupay API",
                Version = "v1",
                Description = "Payouts, bank statements, reconciliation and the ledger behind them. Amounts are integers in the currency's minor units (ISO 4217). "
                    + "A POST that moves money needs an Idempotency-Key; the same key and body answer the same, with `Idempotency-Replayed: true`.",
                License = new OpenApiLicense { Name = "MIT" },
            };
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
            {
                ["apiKey"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An API key: `Authorization: Bearer mp_test_…`" },
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("apiKey", document)] = [] }];
            return Task.CompletedTask;
        });
    }

    /// <summary>Documents the success answer in the envelope and the refusals every endpoint can give.</summary>
    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder route, int status, string summary) where T : class =>
        route.WithSummary(summary).Produces<Envelope<T>>(status).Produces<ErrorEnvelope>(StatusCodes.Status401Unauthorized, "application/problem+json");

    public static RouteHandlerBuilder AnswersList<T>(this RouteHandlerBuilder route, string summary) where T : class =>
        route.WithSummary(summary).Produces<ListEnvelope<T>>().Produces<ErrorEnvelope>(StatusCodes.Status401Unauthorized, "application/problem+json");

    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses) route.Produces<ErrorEnvelope>(status, "application/problem+json");
        return route;
    }
}
