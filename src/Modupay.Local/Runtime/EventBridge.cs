using System.Text.Json;
using Modupay.Deployment;
using Modupay.Local.Cloud;
using Modupay.Local.Runtime.StepFunctions;
using Modupay.Triggers;

namespace Modupay.Local.Runtime;

/// <summary>Amazon EventBridge as far as Modupay uses it: an object created in a bucket starts the workflows whose rule matches.</summary>
internal sealed class EventBridge(IReadOnlyList<ObjectRule> rules, Executions executions, TimeProvider time)
{
    /// <summary>What S3 reports to EventBridge when an object was written; answers the executions it started.</summary>
    public IReadOnlyList<Execution> ObjectCreated(string bucket, string key, long size, string? etag = null, string? versionId = null)
    {
        var now = time.GetUtcNow();
        var detail = new ObjectCreated("0", new S3Bucket(bucket), new S3Object(key, size, etag?.Trim('"'), versionId, now.UtcTicks.ToString("X16")), Requester: AwsAccount.Local.Id, Reason: "PutObject");
        return Publish(new EventBridgeEvent<ObjectCreated>(
            "0", Guid.CreateVersion7(now).ToString(), "Object Created", "aws.s3", AwsAccount.Local.Id, now, AwsAccount.Local.Region, [$"arn:aws:s3:::{bucket}"], detail));
    }

    /// <summary>The execution is named after the event, so that an event delivered twice starts one execution.</summary>
    public IReadOnlyList<Execution> Publish(EventBridgeEvent<ObjectCreated> happened)
    {
        var input = JsonSerializer.Serialize(happened, TriggerJson.Default.ObjectCreatedEvent);
        return [.. rules
            .Where(rule => rule.Bucket == happened.Detail.Bucket.Name && happened.Detail.Object.Key.StartsWith(rule.Prefix, StringComparison.Ordinal))
            .Select(rule => executions.Start(rule.Workflow, happened.Id, input).Execution)];
    }
}
