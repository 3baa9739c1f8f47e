using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Modupay.Triggers;

namespace Modupay.Notifications.Delivery;

/// <summary>
/// Tells endpoints what happened: the consumer of queue <c>webhook-delivery</c>. An endpoint hears of every fact at least once and knows a
/// repetition by its <c>webhook-id</c>: if we die after the POST and before writing it down, the same attempt is made again.
/// </summary>
internal sealed class DeliverWebhooks(DeliveryStore deliveries, WebhookSender sender, ILogger<DeliverWebhooks> log)
{
    /// <summary>The function <c>webhook-delivery</c>.</summary>
    public async Task<ReadOnlyMemory<byte>> HandleAsync(ReadOnlyMemory<byte> payload, Invocation invocation, CancellationToken ct)
    {
        var batch = JsonSerializer.Deserialize(payload.Span, TriggerJson.Default.SqsBatch) ?? throw new JsonException("The batch is null.");
        return JsonSerializer.SerializeToUtf8Bytes(await HandleAsync(batch, ct), TriggerJson.Default.SqsBatchAnswer);
    }

    /// <summary>Side by side, because one silent endpoint must not use up the time of the others.</summary>
    public async Task<SqsBatchAnswer> HandleAsync(SqsBatch batch, CancellationToken ct)
    {
        var finished = await Task.WhenAll(batch.Records.Select(message => FinishAsync(message, ct)));
        return new([.. batch.Records.Where((_, i) => !finished[i]).Select(message => new SqsBatchFailure(message.MessageId))]);
    }

    /// <returns>Whether the message has done its work; anything else brings it back.</returns>
    private async Task<bool> FinishAsync(SqsMessage message, CancellationToken ct)
    {
        using var activity = Telemetry.Source.StartActivity("deliver webhook", ActivityKind.Consumer, message.Attribute("traceparent"));
        try
        {
            await DeliverAsync(DeliveryMessage.Parse(message.Body), ct);
            return true;
        }
        catch (Exception exception)
        {
            // It comes back until the queue moves it to the dead letters; its neighbours go on.
            log.LogError(exception, "Webhook message {MessageId} is not finished.", message.MessageId);
            return false;
        }
    }

    private async Task DeliverAsync(DeliveryMessage message, CancellationToken ct)
    {
        var due = await deliveries.FindAsync(message, ct);
        if (due.State == DueState.Unwanted) await deliveries.AbandonAsync(message, ct);
        if (due.Request is not { } request) return;

        var answer = await sender.PostAsync(request, ct);
        // The receiver may have acted on it, so writing it down is no longer optional.
        await deliveries.RecordAsync(message, answer, CancellationToken.None);
        log.LogInformation("{Delivery}, attempt {Attempt}: {Answer} after {Milliseconds} ms.",
            message.Delivery, message.Attempt, answer.Status?.ToString() ?? answer.Failure, (int)answer.Duration.TotalMilliseconds);
    }
}
