using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Modupay.Triggers;

namespace Modupay.Jobs;

/// <summary>The consumer of queue <c>tenant-jobs</c>: each message is one job for one tenant.</summary>
internal sealed class RunTenantJobs(Func<TenantJob, TenantId, CancellationToken, Task> run, ILogger<RunTenantJobs> log)
{
    /// <summary>The function <c>tenant-jobs</c>.</summary>
    public Task<SqsBatchAnswer> HandleAsync(SqsBatch batch, CancellationToken ct) => batch.FinishEachAsync("tenant job", RunAsync, log, ct);

    private Task RunAsync(SqsMessage message, CancellationToken ct)
    {
        var (name, job, tenant) = TenantJobMessage.Parse(message.Body);
        Activity.Current?.SetTag("job", name);
        return run(job, tenant, ct);
    }
}
