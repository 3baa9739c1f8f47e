using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Modupay.Deployment;
using Modupay.Local.Runtime.StepFunctions;
using Modupay.Triggers;

namespace Modupay.Local.Runtime;

/// <summary>Amazon EventBridge as far as Modupay uses it: an object created in a bucket starts the workflows whose rule matches.</summary>
internal sealed class EventBridge(IReadOnlyList<ObjectRule> rules, Executions executions)
{
    /// <summary>Turns what the object store tells into the event S3 would send. Told twice, the same write is the same event.</summary>
    public Task ObjectCreatedAsync(Cloud.ObjectNews created, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var detail = new ObjectCreated(
            "0", new S3Bucket(created.Bucket), new S3Object(created.Key, created.Size, created.ETag.Trim('"'), Sequencer: created.Sequencer), Requester: Cloud.AwsAccount.Local.Id, Reason: created.Reason);
        Publish(new EventBridgeEvent<ObjectCreated>(
            "0", EventId(created), "Object Created", "aws.s3", Cloud.AwsAccount.Local.Id, created.At, Cloud.AwsAccount.Local.Region, [$"arn:aws:s3:::{created.Bucket}"], detail));
        return Task.CompletedTask;
    }

    /// <summary>The execution is named after the event, so that an event delivered twice starts one execution.</summary>
    public IReadOnlyList<Execution> Publish(EventBridgeEvent<ObjectCreated> happened)
    {
        var input = JsonSerializer.Serialize(happened, TriggerJson.Default.ObjectCreatedEvent);
        return [.. rules
            .Where(rule => rule.Bucket == happened.Detail.Bucket.Name && happened.Detail.Object.Key.StartsWith(rule.Prefix, StringComparison.Ordinal))
            .Select(rule => executions.Start(rule.Workflow, happened.Id, input).Execution)];
    }

    // A write is identified by its sequencer, which S3 never gives twice to a key.
    private static string EventId(Cloud.ObjectNews created) =>
        new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"{created.Bucket}\n{created.Key}\n{created.Sequencer}")).AsSpan(0, 16)).ToString();
}
