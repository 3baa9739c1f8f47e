using System.Diagnostics;

namespace Modupay.Jobs;

/// <summary>
/// One message per tenant on queue <c>tenant-jobs</c>. The relay role finds the tenants and sees nothing of them but their ids; whoever hears
/// the message has the application's role and speaks for that one tenant.
/// </summary>
internal sealed class StartTenantJob(Database relay, IMessageQueue queue)
{
    public const string Queue = "tenant-jobs";

    private const int AtOnce = 500;

    /// <returns>For how many tenants.</returns>
    public async Task<int> RunAsync(string name, CancellationToken ct)
    {
        var job = TenantJobs.All.TryGetValue(name, out var known) ? known : throw new InvalidOperationException($"No job is called {name}.");
        var (started, refused) = (0, 0);
        await foreach (var tenants in job.Due(relay, ct).Chunk(AtOnce).WithCancellation(ct))
        {
            var messages = tenants.Select(tenant => new QueuedMessage(Guid.CreateVersion7(relay.Time.GetUtcNow()), TenantJobMessage.Text(name, tenant), Activity.Current?.Id)).ToList();
            var accepted = await queue.SendAsync(Queue, messages, ct);
            // The queue was busy for a moment, or it is full of trouble: once more, and then somebody should know.
            if (accepted.Count < messages.Count)
                accepted = new HashSet<Guid>([.. accepted, .. await queue.SendAsync(Queue, [.. messages.Where(message => !accepted.Contains(message.Id))], ct)]);
            started += accepted.Count;
            refused += messages.Count - accepted.Count;
        }
        return refused == 0 ? started : throw new InvalidOperationException($"{name} was started for {started} tenants; for {refused} the queue refused the message.");
    }
}
