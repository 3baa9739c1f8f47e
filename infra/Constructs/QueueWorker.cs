using Amazon.CDK.AWS.Lambda;
using Constructs;
using Modupay.Deployment;

namespace Modupay.Infra.Constructs;

/// <summary>
/// A function that consumes its queues, batch by batch, and answers which messages it did not finish: only those come back. The queue,
/// its dead-letter queue and its alarms are in the messaging and observability stacks, so that they outlive a failed deployment of code.
/// </summary>
internal sealed class QueueWorker : ModupayFunction
{
    public QueueWorker(Construct scope, FunctionSpec spec, Platform platform) : base(scope, spec, platform)
    {
        foreach (var queue in platform.Messaging.Queues.Values.Where(queue => queue.Spec.Consumer == spec.Name))
        {
            _ = new EventSourceMapping(this, Words.Pascal(queue.Spec.Name), new EventSourceMappingProps
            {
                EventSourceArn = queue.Queue.QueueArn,
                Target = Live,
                BatchSize = queue.Spec.BatchSize,
                MaxConcurrency = queue.Spec.MaxConcurrency,
                ReportBatchItemFailures = true,
            });
        }
    }
}
