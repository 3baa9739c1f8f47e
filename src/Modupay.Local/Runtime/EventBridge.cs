using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Modupay.Deployment;
using Modupay.Local.Cloud;
using Modupay.Local.Runtime.StepFunctions;
using Modupay.Triggers;

namespace Modupay.Local.Runtime;

/// <summary>Amazon EventBridge as far as Modupay uses it: an object created in a bucket starts the workflows whose rule matches.</summary>
internal sealed class EventBridge(IReadOnlyList<ObjectRule> rules, Executions executions)
{
    /// <summary>What S3 reports to EventBridge when an object was written; answers the executions it started.</summary>
    public IReadOnlyList<Execution> ObjectCreated(ObjectNews news)
    {
        var detail = new ObjectCreated("0", new S3Bucket(news.Bucket), new S3Object(news.Key, news.Size, news.ETag.Trim('"'), Sequencer: news.Sequencer), Requester: AwsAccount.Local.Id, Reason: news.Reason);
        return Publish(new EventBridgeEvent<ObjectCreated>(
            "0", IdOf(news), "Object Created", "aws.s3", AwsAccount.Local.Id, news.At, AwsAccount.Local.Region, [$"arn:aws:s3:::{news.Bucket}"], detail));
    }

    /// <summary>The same news is the same event, however often the object store tells it.</summary>
    private static string IdOf(ObjectNews news) => new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"{news.Bucket}/{news.Key}/{news.Sequencer}")).AsSpan(0, 16)).ToString();

    /// <summary>The execution is named after the event, so that an event delivered twice starts one execution.</summary>
    public IReadOnlyList<Execution> Publish(EventBridgeEvent<ObjectCreated> happened)
    {
        var input = JsonSerializer.Serialize(happened, TriggerJson.Default.ObjectCreatedEvent);
        return [.. rules
            .Where(rule => rule.Bucket == happened.Detail.Bucket.Name && happened.Detail.Object.Key.StartsWith(rule.Prefix, StringComparison.Ordinal))
            .Select(rule => executions.Start(rule.Workflow, happened.Id, input).Execution)];
    }
}
