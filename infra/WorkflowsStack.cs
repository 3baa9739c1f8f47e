using Amazon.CDK;
using Amazon.CDK.AWS.Events;
using Amazon.CDK.AWS.Events.Targets;
using Amazon.CDK.AWS.SQS;
using Constructs;
using Modupay.Deployment;
using Modupay.Infra.Constructs;

namespace Modupay.Infra;

/// <summary>The manifest's state machines, and the rules by which an arriving file starts one.</summary>
internal sealed class WorkflowsStack : Stack
{
    public const string Undelivered = "undelivered-events";

    public WorkflowsStack(Construct scope, Platform platform, FunctionsStack functions, RepositoryRoot root, IStackProps props)
        : base(scope, platform.Settings.StackName("Workflows"), props)
    {
        var settings = platform.Settings;
        var workflows = Manifest.Workflows.ToDictionary(workflow => workflow.Name, workflow => new Workflow(this, workflow, settings, functions.Functions, root));

        // EventBridge gives up after a day; a statement that nobody was told of must not be lost with the event.
        var undelivered = new Queue(this, "UndeliveredEvents", new QueueProps
        {
            QueueName = settings.Physical(Undelivered),
            Encryption = QueueEncryption.SQS_MANAGED,
            RetentionPeriod = Duration.Days(14),
            EnforceSSL = true,
        });
        foreach (var rule in Manifest.ObjectRules)
        {
            _ = new Rule(this, Words.Pascal(rule.Name), new RuleProps
            {
                RuleName = settings.Physical(rule.Name),
                Description = $"A file in {rule.Bucket}/{rule.Prefix} starts {rule.Workflow}",
                EventPattern = new EventPattern
                {
                    Source = ["aws.s3"],
                    DetailType = ["Object Created"],
                    Detail = new Dictionary<string, object>
                    {
                        ["bucket"] = new Dictionary<string, object> { ["name"] = new[] { platform.Data.Buckets[rule.Bucket].BucketName } },
                        ["object"] = new Dictionary<string, object> { ["key"] = Match.Prefix(rule.Prefix) },
                    },
                },
                Targets = [new SfnStateMachine(workflows[rule.Workflow].StateMachine, new SfnStateMachineProps { DeadLetterQueue = undelivered })],
            });
        }
    }
}
