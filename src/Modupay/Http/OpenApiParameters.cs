using Microsoft.AspNetCore.Builder;
using Microsoft.OpenApi;

namespace Modupay.Http;

/// <summary>What the document says of parameters in addresses. A handler's parameter has no place for a comment, so the route says it.</summary>
internal static class OpenApiParameters
{
    private sealed record KeyIsRequired;

    private sealed record QueryParameter(string Name, string Description, IReadOnlyList<string>? Words, bool Required);

    /// <summary>What each resource's <c>{id}</c> begins with.</summary>
    private static readonly Dictionary<string, string> Prefixes = new(StringComparer.Ordinal)
    {
        ["accounts"] = LedgerAccountId.Prefix,
        ["api-keys"] = ApiKeyId.Prefix,
        ["audit-logs"] = Audit.AuditEntryId.Prefix,
        ["bank-profiles"] = BankProfileId.Prefix,
        ["departments"] = DepartmentId.Prefix,
        ["events"] = EventId.Prefix,
        ["expected-items"] = ExpectedItemId.Prefix,
        ["invitations"] = InvitationId.Prefix,
        ["journals"] = JournalId.Prefix,
        ["members"] = UserId.Prefix,
        ["organizations"] = OrganizationId.Prefix,
        ["payouts"] = PayoutId.Prefix,
        ["sessions"] = SessionId.Prefix,
        ["statement-lines"] = StatementLineId.Prefix,
        ["statements"] = StatementFileId.Prefix,
        ["treasury-accounts"] = TreasuryAccountId.Prefix,
        ["webhook-deliveries"] = DeliveryId.Prefix,
        ["webhook-endpoints"] = WebhookEndpointId.Prefix,
    };

    /// <summary>Describes a query parameter of the handler.</summary>
    /// <param name="words">The only values it can have.</param>
    public static RouteHandlerBuilder Takes(this RouteHandlerBuilder route, string name, string description, IReadOnlyList<string>? words = null, bool required = false) =>
        route.WithMetadata(new QueryParameter(name, description, words, required));

    /// <summary>Says that the handler reads its key by <see cref="IdempotencyKey.Required"/>.</summary>
    public static RouteHandlerBuilder RequiresKey(this RouteHandlerBuilder route) => route.WithMetadata(new KeyIsRequired());

    public static void Describe(OpenApiOperation operation, string path, IList<object> metadata)
    {
        foreach (var said in metadata.OfType<QueryParameter>())
        {
            if (Find(operation, said.Name) is not { } parameter) throw new InvalidOperationException($"{path} takes no {said.Name}.");
            (parameter.Description, parameter.Required) = (said.Description, said.Required);
            if (said.Words is not null) OpenApiFields.Close((OpenApiSchema)parameter.Schema!, said.Words);
        }
        if (Find(operation, "Idempotency-Key") is { } key) key.Required = metadata.OfType<KeyIsRequired>().Any();
        if (Find(operation, "id") is not { In: ParameterLocation.Path } id) return;
        var resource = path.Trim('/').Split('/').TakeWhile(part => part != "{id}").Last();
        id.Description = $"The id, `{(Prefixes.TryGetValue(resource, out var prefix) ? prefix : throw new InvalidOperationException($"What do ids of {resource} begin with?"))}_…`.";
    }

    private static OpenApiParameter? Find(OpenApiOperation operation, string name) =>
        operation.Parameters?.OfType<OpenApiParameter>().FirstOrDefault(parameter => parameter.Name == name);
}
