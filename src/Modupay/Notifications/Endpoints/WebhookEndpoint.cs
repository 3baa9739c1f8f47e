using Npgsql;
using Modupay.Notifications.Delivery;

namespace Modupay.Notifications.Endpoints;

/// <summary>A place that wants to hear of events.</summary>
/// <param name="Id">Its id, <c>we_…</c>.</param>
/// <param name="Url">Where events are sent to.</param>
/// <param name="EventTypes">The types of events it hears of, <c>*</c> for all of them.</param>
/// <param name="XSignature">Whether requests also carry the header <c>X-Signature</c>.</param>
/// <param name="State">Whether it hears anything.</param>
/// <param name="Description">What was said about it.</param>
/// <param name="DisabledReason">Why it is disabled: somebody asked for it, it answered 410 (<c>gone</c>), or it failed for five days.</param>
/// <param name="FailingSince">Since when every attempt has failed (UTC).</param>
internal sealed record WebhookEndpoint(
    string Id,
    string Url,
    IReadOnlyList<string> EventTypes,
    bool XSignature,
    string State,
    DateTimeOffset CreatedAt,
    string? Description = null,
    string? DisabledReason = null,
    DateTimeOffset? FailingSince = null)
{
    internal static readonly string[] States = ["enabled", "disabled"];
    internal static readonly string[] DisabledReasons = ["requested", "gone", "failing"];

    public static WebhookEndpoint Read(NpgsqlDataReader row) => new(
        new WebhookEndpointId(row.GetGuid(0)).ToString(), row.GetString(1), row.GetFieldValue<string[]>(2), row.GetBoolean(3), row.GetString(4), row.GetFieldValue<DateTimeOffset>(5),
        row.IsDBNull(6) ? null : row.GetString(6), row.IsDBNull(7) ? null : row.GetString(7), row.IsDBNull(8) ? null : row.GetFieldValue<DateTimeOffset>(8));
}

internal static class WebhookEndpointSql
{
    internal const string SealedSecrets = """
        select webhook_secret_id, secret_sealed from notify.webhook_secrets
        where webhook_secret_id > $1 and get_byte(secret_sealed, 0) = 1 and substr(secret_sealed, 1, 5) <> $2 order by webhook_secret_id limit $3
        """;

    internal const string SwapSecrets = """
        update notify.webhook_secrets as held set secret_sealed = swap.after from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as swap (id, before, after)
        where held.webhook_secret_id = swap.id and held.secret_sealed = swap.before
        """;

    private const string Columns = "webhook_endpoint_id, url, event_types, x_signature, state, created_at, description, disabled_reason, failing_since";

    internal const string Insert = $"""
        insert into notify.webhook_endpoints (webhook_endpoint_id, tenant_id, url, description, event_types, x_signature, state, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, 'enabled', $7, $7)
        returning {Columns}
        """;

    /// <summary>One at a time of a tenant, so that each counts what the one before him made.</summary>
    internal const string LockCount = "select pg_advisory_xact_lock(hashtextextended('notify.webhook_endpoints' || $1::text, 0))";

    internal const string Count = "select count(*) from notify.webhook_endpoints where state <> 'deleted'";

    internal const string Page = $"""
        select {Columns} from notify.webhook_endpoints
        where state <> 'deleted' and webhook_endpoint_id < $1
        order by webhook_endpoint_id desc
        limit $2
        """;

    internal const string Find = $"""
        select {Columns} from notify.webhook_endpoints where webhook_endpoint_id = $1 and state <> 'deleted'
        """;

    /// <summary>A null leaves a column as it is. Enabling forgives what was: the five days begin again.</summary>
    internal const string Change = $"""
        update notify.webhook_endpoints
        set url = coalesce($2, url), description = coalesce($3, description), event_types = coalesce($4, event_types), x_signature = coalesce($5, x_signature),
            state = coalesce($6, state),
            disabled_reason = case coalesce($6, state) when 'disabled' then coalesce(disabled_reason, 'requested') end,
            failing_since = case when $6 = 'enabled' and state = 'disabled' then null else failing_since end,
            updated_at = $7
        where webhook_endpoint_id = $1 and state <> 'deleted'
        returning {Columns}
        """;

    /// <summary>The row stays, because deliveries tell where they went.</summary>
    internal const string Delete = $"""
        update notify.webhook_endpoints set state = 'deleted', disabled_reason = null, updated_at = $2
        where webhook_endpoint_id = $1 and state <> 'deleted'
        returning {Columns}
        """;

    internal const string DeleteSecrets = "delete from notify.webhook_secrets where webhook_endpoint_id = $1";

    internal const string InsertSecret = """
        insert into notify.webhook_secrets (webhook_secret_id, tenant_id, webhook_endpoint_id, secret_sealed, created_at) values ($1, $2, $3, $4, $5)
        """;

    internal const string FindSecret = "select secret_sealed from notify.webhook_secrets where webhook_secret_id = $1";
}

/// <summary>What a request may say about an endpoint, checked.</summary>
internal static class WebhookEndpointRules
{
    /// <summary>What the audit log says of an address: its path and query may carry a token.</summary>
    public static string HostOf(string url) => new Uri(url).Authority;

    /// <summary>Every event is sent to every endpoint that wants it, so their number multiplies our work.</summary>
    public const int MaxEndpoints = 50;

    private const int MaxDescription = 200;

    public static Problem? Check(EgressPolicy egress, string? url, IReadOnlyList<string>? eventTypes, string? description)
    {
        if (url is not null && egress.Parse(url).Problem is { } refused) return refused;
        if (description?.Length > MaxDescription) return Invalid("description", "too_long", $"At most {MaxDescription} characters.");
        if (eventTypes is null) return null;
        if (eventTypes.Count == 0) return Invalid("eventTypes", "empty", "Name at least one event type, or '*' for all.");
        var unknown = eventTypes.FirstOrDefault(type => type != EventTypes.Any && !EventTypes.All.Contains(type));
        return unknown is null
            ? null
            : new Problem(Errors.EventTypeUnknown, "Use the names in the documentation, such as payout.settled.v1, or '*'.", [new($"eventTypes[{IndexOf(eventTypes, unknown)}]", "unknown", "No such event type.")]);
    }

    public static Problem NotFound(string id) => new(Errors.NotFound, $"There is no webhook endpoint {(id.Length <= 40 ? id : "of that id")}.");

    private static int IndexOf(IReadOnlyList<string> types, string type) => types.TakeWhile(other => other != type).Count();

    private static Problem Invalid(string field, string code, string message) => new(Errors.InvalidRequest, message, [new(field, code, message)]);
}
