using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Modupay.Http;

/// <summary>What the document needs beyond what the code says: a title, the key, and the shape of errors.</summary>
internal static class OpenApi
{
    private const string Introduction = """
        Payouts, bank statements, reconciliation and the ledger behind them.

        **Amounts** are integers in the currency's minor units (ISO 4217): 1050 EUR is ten euros fifty. **Instants** are UTC and end in `Z`, **days** are `yyyy-MM-dd`.
        What is null is left out. An **id** says what it is of by how it begins, `po_` a payout, `ta_` a treasury account;
        26 letters and digits follow. Where a field lists its **values**, later versions may add some: pass on what you do not know.

        **Signs**: in journals a debit is positive and a credit negative; balances and entries of an account are positive on its normal side; on a bank statement what comes in is positive.

        **Lists** have pages, newest first: `meta.nextCursor` of one is `cursor` of the next, and absent on the last.

        **Repeating a request** is safe with an `Idempotency-Key`: the same key and body answer the same, with `Idempotency-Replayed: true`. Where money moves a POST needs one.
        A journal is known by its `source` as well: it is posted once, whatever the key.

        **Refusals** have a `code` that never changes its meaning; `error.errors` names the fields.

        | code | status | meaning |
        |---|---|---|
        """;

    public static void Configure(OpenApiOptions options)
    {
        var named = new ConcurrentDictionary<string, Type>(StringComparer.Ordinal);
        options.CreateSchemaReferenceId = type =>
        {
            if (OpenApiOptions.CreateDefaultSchemaReferenceId(type) is null) return null;
            var name = SchemaName(type.Type);
            // The document would show one of the two in both places.
            if (named.GetOrAdd(name, type.Type) is var other && other != type.Type) throw new InvalidOperationException($"{type.Type} and {other} are both called {name} in the document.");
            return name;
        };
        options.AddOperationTransformer(AddConventions);
        // What is null is left out of every answer, so nobody can count on it being there.
        options.AddSchemaTransformer((schema, context, _) =>
        {
            schema.Required?.ExceptWith(context.JsonTypeInfo.Properties.Where(property => property.IsGetNullable).Select(property => property.Name));
            return Task.CompletedTask;
        });
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Modupay API",
                Version = "v1",
                Description = Introduction + string.Concat(Errors.All.Values.OrderBy(error => error.Status).ThenBy(error => error.Code, StringComparer.Ordinal).Select(error => $"\n| `{error.Code}` | {error.Status} | {error.Title} |")),
                License = new OpenApiLicense { Name = "MIT" },
            };
            OpenApiFields.Complete(document, named);
            document.Servers = [];
            document.Tags = document.Paths.Keys.Select(Resource).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(name => new OpenApiTag { Name = name }).ToHashSet();
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
            {
                ["apiKey"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An API key (`Authorization: Bearer mp_test_…`), or a person's access token with `Modupay-Mode: test` or `live`" },
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("apiKey", document)] = [] }];
            return Task.CompletedTask;
        });
    }

    /// <summary>
    /// What the reader of the document calls a shape. That it is a view of something is our affair: <c>PayoutView</c> is a Payout. The body of an
    /// endpoint is called Request in its own file, and the document has one place for a name: so it has its file's name before it.
    /// </summary>
    private static string SchemaName(Type type)
    {
        var name = type.IsGenericType ? type.Name.Split('`')[0] + "Of" + string.Concat(type.GetGenericArguments().Select(SchemaName)) : type.Name;
        if (name.EndsWith("View", StringComparison.Ordinal)) name = name[..^"View".Length];
        var file = type.DeclaringType?.Name.Replace("Endpoints", "", StringComparison.Ordinal) ?? "";
        return name.StartsWith(file, StringComparison.Ordinal) ? name : file.EndsWith(name, StringComparison.Ordinal) ? file : file + name;
    }

    /// <summary>Headers and query parameters that every endpoint of a kind reads in the same place, so no handler names them.</summary>
    private static Task AddConventions(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken ct)
    {
        operation.Parameters ??= [];
        operation.OperationId ??= OperationIds.Of(context.Description.HttpMethod ?? "GET", context.Description.RelativePath ?? "",
            context.Description.SupportedResponseTypes.Any(answer => answer.Type is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(ListEnvelope<>)));
        // A requirement of nothing: the document's own does not hold for what is open.
        if (Access.IsOpen(context.Description.ActionDescriptor.EndpointMetadata)) operation.Security = [new OpenApiSecurityRequirement()];
        operation.Tags = new HashSet<OpenApiTagReference> { new(Resource(context.Description.RelativePath ?? ""), context.Document) };
        if (IsPaged(context.Description.ActionDescriptor.EndpointMetadata))
        {
            operation.Parameters.Add(Parameter("limit", ParameterLocation.Query, JsonSchemaType.Integer, "How many items a page has at most: from 1 to 100, 25 when absent."));
            operation.Parameters.Add(Parameter("cursor", ParameterLocation.Query, JsonSchemaType.String, "meta.nextCursor of the page before."));
        }
        if (context.Description.HttpMethod == "POST" && !context.Description.SupportedRequestFormats.Any(format => format.MediaType == "application/octet-stream"))
        {
            operation.Parameters.Add(Parameter("Idempotency-Key", ParameterLocation.Header, JsonSchemaType.String,
                "From 1 to 255 visible ASCII characters, such as a UUID. The same key with the same request answers the same and does nothing a second time. Kept for at least 24 hours."));
        }
        OpenApiParameters.Describe(operation, context.Description.RelativePath ?? "", context.Description.ActionDescriptor.EndpointMetadata);
        if (operation.Responses is { } answers)
        {
            // Whoever has a credential has a limit; what is open says itself where it counts.
            if (!Access.IsOpen(context.Description.ActionDescriptor.EndpointMetadata)) answers.TryAdd("429", new OpenApiResponse { Description = "Too Many Requests", Content = answers.GetValueOrDefault("401")?.Content });
            operation.Responses = [];
            foreach (var answer in answers.OrderBy(answer => answer.Key, StringComparer.Ordinal)) operation.Responses.Add(answer.Key, answer.Value);
        }
        // A file is sent as it is, not as the base64 text a byte array is in JSON.
        if (operation.RequestBody?.Content?.TryGetValue("application/octet-stream", out var file) is true) file.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
        return Task.CompletedTask;
    }

    /// <summary>The document's sections are its resources: <c>v1/bank-profiles/{id}</c> is in "Bank profiles".</summary>
    private static string Resource(string path)
    {
        var name = path.Trim('/').Split('/').SkipWhile(part => part is "v1").FirstOrDefault("").Split(':')[0].Replace('-', ' ');
        return name switch
        {
            "api keys" => "API keys",
            "me" or "auth" or ".well known" => "Logging in",
            _ => char.ToUpperInvariant(name[0]) + name[1..],
        };
    }

    private static OpenApiParameter Parameter(string name, ParameterLocation location, JsonSchemaType type, string description) =>
        new() { Name = name, In = location, Description = description, Schema = new OpenApiSchema { Type = type } };

    private sealed record IsList;

    public static bool IsPaged(IEnumerable<object> metadata) => metadata.OfType<IsList>().Any();

    /// <summary>Documents the success answer in the envelope and the refusals every endpoint can give.</summary>
    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder route, int status, string summary) where T : class =>
        route.WithSummary(summary).Produces<Envelope<T>>(status).Produces<ErrorEnvelope>(StatusCodes.Status401Unauthorized, "application/problem+json");

    public static RouteHandlerBuilder AnswersList<T>(this RouteHandlerBuilder route, string summary) where T : class =>
        route.AnswersWholeList<T>(summary).WithMetadata(new IsList());

    /// <summary>A list that never gets long enough for pages.</summary>
    public static RouteHandlerBuilder AnswersWholeList<T>(this RouteHandlerBuilder route, string summary) where T : class =>
        route.WithSummary(summary).Produces<ListEnvelope<T>>().Produces<ErrorEnvelope>(StatusCodes.Status401Unauthorized, "application/problem+json");

    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses) route.Produces<ErrorEnvelope>(status, "application/problem+json");
        return route;
    }
}
