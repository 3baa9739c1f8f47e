using Amazon.CDK;
using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.SQS;
using Constructs;
using Modupay.Deployment;

namespace Modupay.Infra.Constructs;

/// <summary>A queue that cannot lose a message: what fails too often waits two weeks in <c>{name}-dead</c>, and somebody is told.</summary>
internal sealed class WorkQueue : Construct
{
    public WorkQueue(Construct scope, QueueSpec spec, EnvironmentSettings settings, IKey key) : base(scope, Words.Pascal(spec.Name))
    {
        Spec = spec;
        var consumer = Manifest.Functions.Single(function => function.Name == spec.Consumer);
        Dead = new Queue(this, "Dead", new QueueProps
        {
            QueueName = settings.Physical($"{spec.Name}-dead"),
            EncryptionMasterKey = key,
            DataKeyReuse = Duration.Hours(1),
            RetentionPeriod = Duration.Days(14),
            EnforceSSL = true,
        });
        Queue = new Queue(this, "Queue", new QueueProps
        {
            QueueName = settings.Physical(spec.Name),
            EncryptionMasterKey = key,
            DataKeyReuse = Duration.Hours(1),
            // Six timeouts, as AWS advises: throttled batches come back before their first delivery has run out.
            VisibilityTimeout = Duration.Seconds(6 * consumer.TimeoutSeconds),
            RetentionPeriod = Duration.Days(14),
            DeadLetterQueue = new DeadLetterQueue { Queue = Dead, MaxReceiveCount = spec.MaxReceives },
            EnforceSSL = true,
        });
    }

    public QueueSpec Spec { get; }
    public Queue Queue { get; }
    public Queue Dead { get; }
}
