using Amazon.CDK;
using Amazon.CDK.AWS.CloudWatch;

namespace Modupay.Infra;

/// <summary>The measurements AWS takes of our resources, found by the names the manifest and the environment give them.</summary>
internal sealed class Metrics(EnvironmentSettings settings, string apiId)
{
    public Metric Function(string name, string measure) => Of("AWS/Lambda", measure, "Sum", ("FunctionName", settings.Physical(name)));

    public Metric Waiting(string queue) => Of("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", ("QueueName", settings.Physical(queue)));

    public Metric OldestSeconds(string queue) => Of("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", ("QueueName", settings.Physical(queue)));

    public Metric Workflow(string name, string measure) =>
        Of("AWS/States", measure, "Sum", ("StateMachineArn", settings.Arn("states", $"stateMachine:{settings.Physical(name)}")));

    public Metric Database(string measure, string statistic = "Average") => Of("AWS/RDS", measure, statistic, ("DBInstanceIdentifier", settings.Physical("database")));

    public Metric ApiCount => Api("Count", "Sum");
    public Metric ApiP50 => Api("Latency", "p50");
    public Metric ApiP95 => Api("Latency", "p95");

    public MathExpression ApiFailurePercent => new(new MathExpressionProps
    {
        Expression = "100 * failed / total",
        Label = "failed, per cent",
        Period = Duration.Minutes(1),
        UsingMetrics = new Dictionary<string, IMetric> { ["failed"] = Api("5xx", "Sum"), ["total"] = ApiCount },
    });

    /// <summary>With a name for the legend of a graph; an alarm is better off without, its template stays short.</summary>
    public static Metric Named(string label, Metric metric) => metric.With(new MetricOptions { Label = label });

    private Metric Api(string measure, string statistic) => Of("AWS/ApiGateway", measure, statistic, ("ApiId", apiId));

    private static Metric Of(string space, string measure, string statistic, (string Name, string Value) dimension) => new(new MetricProps
    {
        Namespace = space,
        MetricName = measure,
        Statistic = statistic,
        Period = Duration.Minutes(1),
        DimensionsMap = new Dictionary<string, string> { [dimension.Name] = dimension.Value },
    });
}
