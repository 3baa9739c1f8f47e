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
    public Task<SqsBatchAnswer> HandleAsync(SqsBatch batch, CancellationToken ct) =>
        batch.FinishEachAsync("deliver webhook", (message, ct) => DeliverAsync(DeliveryMessage.Parse(message.Body), ct), log, ct);

    private async Task DeliverAsync(DeliveryMessage message, CancellationToken ct)
    {
        var due = await deliveries.FindAsync(message, ct);
        if (due.State == DueState.Unwanted) await deliveries.AbandonAsync(message, ct);
        if (due.Request is not { } request) return;

        var answer = await sender.PostAsync(request, ct);
        // The receiver may have acted on it, so writing it down is no longer optional.
        await deliveries.RecordAsync(message, answer, CancellationToken.None);
        log.LogInformation("{Delivery}, attempt {Attempt}: {Answer} after {DurationMs} ms.",
            message.Delivery, message.Attempt, answer.Status?.ToString() ?? answer.Failure, (int)answer.Duration.TotalMilliseconds);
    }
}
