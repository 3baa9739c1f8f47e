using System.Text.Json;
using Microsoft.Extensions.Logging;
using Modupay.Deployment;
using Modupay.Triggers;

namespace Modupay.Local.Runtime;

/// <summary>EventBridge's schedules: runs the manifest's, and any of them at once when somebody does not want to wait.</summary>
internal sealed class Scheduler(IReadOnlyList<ScheduleSpec> schedules, IFunctionHost functions, TimeProvider time, ILogger log)
{
    /// <summary>How long a minute of a schedule lasts, because a laptop's user watches the clock more closely.</summary>
    public TimeSpan Minute { get; init; } = TimeSpan.FromMinutes(1);

    public Task RunAsync(CancellationToken ct) => Task.WhenAll(schedules.Select(schedule => RepeatAsync(schedule, ct)));

    /// <summary>Runs a schedule now and answers how it went; null when the manifest has no such schedule.</summary>
    public async Task<InvocationResult?> TriggerAsync(string name, CancellationToken ct) =>
        schedules.FirstOrDefault(schedule => schedule.Name == name) is { } schedule ? await InvokeAsync(schedule, ct) : null;

    private async Task RepeatAsync(ScheduleSpec schedule, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Minute * (schedule.EverySeconds / 60.0), time);
        try
        {
            while (await timer.WaitForNextTickAsync(ct))
            {
                var result = await InvokeAsync(schedule, ct);
                if (result.Error is { } error) log.LogError("The schedule {Schedule} failed: {ErrorType}: {ErrorMessage}", schedule.Name, error.Type, error.Message);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The local cloud stops.
        }
    }

    private Task<InvocationResult> InvokeAsync(ScheduleSpec schedule, CancellationToken ct) =>
        functions.InvokeAsync(schedule.Function, JsonSerializer.SerializeToUtf8Bytes(new ScheduledRun(schedule.Name, time.GetUtcNow()), TriggerJson.Default.ScheduledRun), ct);
}
