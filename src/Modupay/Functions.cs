using System.Text.Json;
using Microsoft.Extensions.Logging;
using Modupay.Banking.Payouts;
using Modupay.Banking.Statements;
using Modupay.Jobs;
using Modupay.Notifications.Delivery;
using Modupay.Notifications.Mail;
using Modupay.Triggers;

namespace Modupay;

/// <summary>The event functions of the manifest by name. HTTP functions are programs of their own: <see cref="Http.ApiHost"/>.</summary>
internal static class Functions
{
    public static async Task<FunctionHandler> OpenAsync(Settings settings, TimeProvider time, ILoggerFactory logs, CancellationToken ct)
    {
        if (settings.Function == "migrator") return new MigratorFunction(settings, time).HandleAsync;
        if (settings.Function == "secret-rotation") return new RotateSecretFunction(settings, time).HandleAsync;
        var services = await Services.OpenAsync(settings, time, logs, ct);
        return settings.Function switch
        {
            "payout-dispatch" => QueueConsumer.Function(new DispatchPayouts(services.Database, services.Connectors, services.Cipher, services.Logs.CreateLogger<DispatchPayouts>()).HandleAsync),
            "webhook-delivery" => QueueConsumer.Function(new DeliverWebhooks(
                new DeliveryStore(services.Database, services.Cipher), new WebhookSender(services.Egress, services.Time), services.Logs.CreateLogger<DeliverWebhooks>()).HandleAsync),
            "email-delivery" => QueueConsumer.Function(new DeliverMail(
                services.Database, services.Cipher, services.Aws.Ses, services.Settings.MailFrom, services.Logs.CreateLogger<DeliverMail>()).HandleAsync),
            "statement-tasks" => Statements(services),
            "jobs" => Jobs(services),
            "tenant-jobs" => QueueConsumer.Function(new RunTenantJobs((job, tenant, ct) => job.RunAsync(services, tenant, ct), services.Logs.CreateLogger<RunTenantJobs>()).HandleAsync),
            _ => throw new InvalidOperationException($"No event function is called {settings.Function}."),
        };
    }

    private static FunctionHandler Statements(Services services)
    {
        var tasks = new StatementTasks(services.Database, services.Aws.S3, services.Cipher, services.Buckets);
        return async (payload, _, ct) => JsonSerializer.SerializeToUtf8Bytes(
            await tasks.HandleAsync(JsonSerializer.Deserialize(payload.Span, TriggerJson.Default.WorkflowTask)!, ct), StatementTasksJson.Default.StatementProgress);
    }

    private static FunctionHandler Jobs(Services services) => async (payload, _, ct) =>
    {
        var run = JsonSerializer.Deserialize(payload.Span, TriggerJson.Default.ScheduledRun)!;
        var done = run.Schedule is "outbox-sweep"
            ? await services.Relay.SweepAsync(services.Database, services.Time, batchSize: 500, ct)
            : await new StartTenantJob(services.Database, services.Queue).RunAsync(run.Schedule, ct);
        return JsonSerializer.SerializeToUtf8Bytes(done, JobsJson.Default.Int32);
    };
}
