using Modupay.Notifications.Events;
using Modupay.Tenancy;

namespace Modupay.Notifications.Delivery;

/// <summary>One attempt that is due: what to send, or why it is not sent.</summary>
internal sealed record DueAttempt(DueState State, WebhookRequest? Request = null);

/// <summary>Past: this attempt has been recorded. Unwanted: the endpoint is disabled or deleted.</summary>
internal enum DueState { Due, Past, Unwanted }

/// <summary>What deliveries remember: which attempt comes next, how the last ones ended, and since when an endpoint fails.</summary>
internal sealed class DeliveryStore(Database database, FieldCipher cipher)
{
    /// <summary>The sealed field's name is part of the seal.</summary>
    public const string SecretField = "webhook_secret";

    private static readonly TimeSpan DisableAfter = TimeSpan.FromDays(5);

    public async Task<DueAttempt> FindAsync(DeliveryMessage message, CancellationToken ct)
    {
        var row = await database.FirstAsync(message.Tenant, DeliverySql.Load, [message.Delivery.Value, database.Time.GetUtcNow()], row => new
        {
            State = row.GetString(0),
            Attempts = row.GetInt32(1),
            EndpointState = row.GetString(2),
            Url = row.GetString(3),
            XSignature = row.GetBoolean(4),
            Secrets = row.GetFieldValue<byte[][]>(5),
            Event = EventEnvelope.Read(message.Tenant, row, first: 6),
        }, ct) ?? throw new InvalidOperationException($"{message.Delivery} does not exist, although its message was committed with it.");

        if (row.State != "pending" || row.Attempts >= message.Attempt) return new(DueState.Past);
        if (row.Attempts + 1 != message.Attempt) throw new InvalidOperationException($"{message.Delivery} is asked for attempt {message.Attempt} after {row.Attempts}.");
        if (row.EndpointState != "enabled") return new(DueState.Unwanted);

        var secrets = new List<WebhookSecret>();
        foreach (var value in row.Secrets) secrets.Add(WebhookSecret.Parse(await cipher.OpenTextAsync(message.Tenant, SecretField, value, ct)));
        return new(DueState.Due, new WebhookRequest(row.Url, row.Event.Id, row.Event.ToPayload(), secrets, row.XSignature));
    }

    /// <summary>Writes the answer down and, in the same commit, orders the next attempt. The first of two records of one attempt counts.</summary>
    public async Task RecordAsync(DeliveryMessage message, WebhookAnswer answer, CancellationToken ct) =>
        await database.TransactAsync<bool>(message.Tenant, async unit =>
        {
            var known = (await unit.ListAsync(DeliverySql.Lock, [message.Delivery.Value],
                row => (State: row.GetString(0), Attempts: row.GetInt32(1), RoundStart: row.GetInt32(2), Endpoint: new WebhookEndpointId(row.GetGuid(3))), ct))[0];
            if (known.State != "pending" || known.Attempts + 1 != message.Attempt) return false;

            var wait = answer.Accepted || answer.Gone ? null : RetrySchedule.Next(message.Delivery, message.Attempt - known.RoundStart, answer);
            var state = answer.Accepted ? "delivered" : wait is null ? "failed" : "pending";
            await unit.ExecuteAllAsync(
            [
                (DeliverySql.InsertAttempt,
                [
                    message.Delivery.Value, message.Attempt, unit.Tenant.Value, answer.Status, answer.Excerpt, answer.Failure,
                    (int)answer.Duration.TotalMilliseconds, unit.Now,
                ]),
                (DeliverySql.Record, [message.Delivery.Value, state, message.Attempt, wait is null ? null : unit.Now + wait, unit.Now]),
            ], ct);
            if (wait is { } delay) unit.Send((message with { Attempt = message.Attempt + 1 }).After(delay));

            if (answer.Accepted) await unit.ExecuteAsync(DeliverySql.EndpointWorks, [known.Endpoint.Value], ct);
            else await NoteFailureAsync(unit, known.Endpoint, answer.Gone, ct);
            return true;
        }, ct);

    public Task AbandonAsync(DeliveryMessage message, CancellationToken ct) =>
        database.ExecuteAsync(message.Tenant, DeliverySql.Abandon, [message.Delivery.Value, message.Attempt - 1, database.Time.GetUtcNow()], ct);

    private static async Task NoteFailureAsync(UnitOfWork unit, WebhookEndpointId endpoint, bool gone, CancellationToken ct)
    {
        var disabled = await unit.FirstAsync(DeliverySql.EndpointFailed, [endpoint.Value, unit.Now, gone, unit.Now - DisableAfter],
            row => new WebhookEndpointDisabled(endpoint.ToString(), row.GetString(0), row.GetString(1), row.GetFieldValue<DateTimeOffset>(2)), ct);
        if (disabled is not null)
            await NotificationsDoor.PublishAsync(unit, EventTypes.WebhookEndpointDisabled, endpoint.ToString(), disabled, NotificationsJson.Default.WebhookEndpointDisabled, ct);
    }
}

/// <summary>The data of <c>webhook_endpoint.disabled.v1</c>.</summary>
/// <param name="Reason"><c>gone</c>: the receiver answered 410; <c>failing</c>: it has not accepted anything for five days.</param>
internal sealed record WebhookEndpointDisabled(string WebhookEndpointId, string Url, string Reason, DateTimeOffset FailingSince);
