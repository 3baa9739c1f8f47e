using Amazon.CDK;
using Constructs;
using Modupay.Deployment;
using Modupay.Infra.Constructs;

namespace Modupay.Infra;

/// <summary>The manifest's queues, apart from their consumers: a broken deployment of functions leaves messages where they are.</summary>
internal sealed class MessagingStack : Stack
{
    public MessagingStack(Construct scope, EnvironmentSettings settings, DataStack data, IStackProps props) : base(scope, settings.StackName("Messaging"), props) =>
        Queues = Manifest.Queues.ToDictionary(queue => queue.Name, queue => new WorkQueue(this, queue, settings, data.Storage));

    public IReadOnlyDictionary<string, WorkQueue> Queues { get; }
}
