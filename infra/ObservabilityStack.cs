using Amazon.CDK;
using Amazon.CDK.AWS.Budgets;
using Amazon.CDK.AWS.CloudWatch;
using Amazon.CDK.AWS.CloudWatch.Actions;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.SNS;
using Amazon.CDK.AWS.SNS.Subscriptions;
using Constructs;
using Modupay.Deployment;

namespace Modupay.Infra;

/// <summary>
/// Who is told, and when. Every alarm of the platform is listed here in the words of the person it wakes, beside the dashboard they open
/// first. It refers to functions and queues by name, so that it never holds back a deployment of theirs.
/// </summary>
internal sealed class ObservabilityStack : Stack
{
    private readonly EnvironmentSettings _settings;
    private readonly Topic _topic;
    private readonly List<Alarm> _alarms = [];

    public ObservabilityStack(Construct scope, EnvironmentSettings settings, ApiStack api, IStackProps props) : base(scope, settings.StackName("Observability"), props)
    {
        _settings = settings;
        _topic = NewTopic();
        var metrics = new Metrics(settings, api.Api.ApiId);

        foreach (var function in Manifest.Functions)
        {
            Wake($"{function.Name}-errors", $"{function.Name} fails", metrics.Function(function.Name, "Errors"), threshold: 1, periods: 3, breaches: 2);
            Wake($"{function.Name}-throttles", $"{function.Name} is throttled: its concurrency or the account's is used up", metrics.Function(function.Name, "Throttles"), threshold: 1, periods: 3, breaches: 3);
        }
        foreach (var queue in Manifest.Queues)
        {
            Wake($"{queue.Name}-dead", $"Messages of {queue.Name} were given up and wait in its dead-letter queue", metrics.Waiting($"{queue.Name}-dead"), threshold: 1);
            Wake($"{queue.Name}-age", $"{queue.Name} falls behind: its oldest message is more than fifteen minutes old", metrics.OldestSeconds(queue.Name), threshold: 900, periods: 3);
        }
        Wake("undelivered-events", "EventBridge could not start a workflow; the events wait", metrics.Waiting(WorkflowsStack.Undelivered), threshold: 1);
        foreach (var workflow in Manifest.Workflows)
            foreach (var outcome in new[] { "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionThrottled" })
                Wake($"{workflow.Name}-{outcome}", $"{workflow.Name}: {outcome}", metrics.Workflow(workflow.Name, outcome), threshold: 1);
        foreach (var function in Manifest.Schedules.Select(schedule => schedule.Function).Distinct(StringComparer.Ordinal))
        {
            Wake($"{function}-silent", $"{function} has not run for ten minutes, so events stay in the outbox", metrics.Function(function, "Invocations"),
                threshold: 1, periods: 10, breaches: 10, comparison: ComparisonOperator.LESS_THAN_THRESHOLD, missing: TreatMissingData.BREACHING);
        }

        Wake("api-5xx", "More than one request in a hundred fails", metrics.ApiFailurePercent, threshold: 1, periods: 5, breaches: 3);
        Wake("api-p95", "One request in twenty takes longer than a second", metrics.ApiP95, threshold: 1000, periods: 10, breaches: 5);
        Wake("database-cpu", "The database has been at eighty per cent of its processors for fifteen minutes", metrics.Database("CPUUtilization"), threshold: 80, periods: 15, breaches: 15);
        Wake("database-storage", "The database has less than ten gigabytes of storage left", metrics.Database("FreeStorageSpace", "Minimum"), threshold: 10e9, periods: 5, comparison: ComparisonOperator.LESS_THAN_THRESHOLD);
        Wake("database-connections", "The database has more than three hundred connections: the proxy no longer pools", metrics.Database("DatabaseConnections", "Maximum"), threshold: 300, periods: 5);

        NewDashboard(metrics);
        NewBudget();
    }

    private void Wake(string name, string why, IMetric metric, double threshold, double periods = 1, double? breaches = null,
        ComparisonOperator comparison = ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD, TreatMissingData missing = TreatMissingData.NOT_BREACHING)
    {
        var alarm = new Alarm(this, Words.Pascal(name), new AlarmProps
        {
            AlarmName = _settings.Physical(name),
            AlarmDescription = why,
            Metric = metric,
            Threshold = threshold,
            EvaluationPeriods = periods,
            DatapointsToAlarm = breaches ?? periods,
            ComparisonOperator = comparison,
            TreatMissingData = missing,
        });
        alarm.AddAlarmAction(new SnsAction(_topic));
        alarm.AddOkAction(new SnsAction(_topic));
        _alarms.Add(alarm);
    }

    private Topic NewTopic()
    {
        var topic = new Topic(this, "Alarms", new TopicProps { TopicName = _settings.Physical("alarms"), EnforceSSL = true });
        foreach (var service in new[] { "cloudwatch.amazonaws.com", "budgets.amazonaws.com" })
        {
            topic.AddToResourcePolicy(new PolicyStatement(new PolicyStatementProps
            {
                Principals = [new ServicePrincipal(service)],
                Actions = ["sns:Publish"],
                Resources = [topic.TopicArn],
                Conditions = new Dictionary<string, object> { ["StringEquals"] = new Dictionary<string, object> { ["aws:SourceAccount"] = _settings.Account } },
            }));
        }
        if (_settings.AlarmEmail is { } address) topic.AddSubscription(new EmailSubscription(address));
        return topic;
    }

    private void NewDashboard(Metrics metrics)
    {
        var dashboard = new Dashboard(this, "Dashboard", new DashboardProps { DashboardName = _settings.Physical("overview") });
        dashboard.AddWidgets(new AlarmStatusWidget(new AlarmStatusWidgetProps { Title = "Alarms", Alarms = [.. _alarms], Width = 24, Height = 5 }));
        dashboard.AddWidgets(
            Graph("Requests", left: [metrics.ApiCount], right: [metrics.ApiFailurePercent]),
            Graph("Latency", left: [Metrics.Named("half", metrics.ApiP50), Metrics.Named("nineteen of twenty", metrics.ApiP95)]));
        dashboard.AddWidgets(
            Graph("Messages waiting", left: [.. Manifest.Queues.SelectMany(queue => new[] { queue.Name, $"{queue.Name}-dead" }).Select(queue => Metrics.Named(queue, metrics.Waiting(queue)))]),
            Graph("Oldest message, seconds", left: [.. Manifest.Queues.Select(queue => Metrics.Named(queue.Name, metrics.OldestSeconds(queue.Name)))]));
        dashboard.AddWidgets(
            Graph("Function errors", left: [.. Manifest.Functions.Select(function => Metrics.Named(function.Name, metrics.Function(function.Name, "Errors")))]),
            Graph("Workflows", left: [.. Manifest.Workflows.SelectMany(workflow => new[] { "ExecutionsSucceeded", "ExecutionsFailed" }.Select(outcome => Metrics.Named($"{workflow.Name} {outcome}", metrics.Workflow(workflow.Name, outcome))))]));
        dashboard.AddWidgets(
            Graph("Database", left: [metrics.Database("CPUUtilization")], right: [metrics.Database("DatabaseConnections", "Maximum")]),
            Graph("Database storage left, bytes", left: [metrics.Database("FreeStorageSpace", "Minimum")]));
    }

    private static GraphWidget Graph(string title, IMetric[] left, IMetric[]? right = null) => new(new GraphWidgetProps { Title = title, Left = left, Right = right, Width = 12 });

    private CfnBudget NewBudget() => new(this, "Budget", new CfnBudgetProps
    {
        Budget = new CfnBudget.BudgetDataProperty
        {
            BudgetName = _settings.Physical("monthly"),
            BudgetType = "COST",
            TimeUnit = "MONTHLY",
            BudgetLimit = new CfnBudget.SpendProperty { Amount = _settings.MonthlyBudgetUsd, Unit = "USD" },
        },
        NotificationsWithSubscribers = new object[] { Notify("ACTUAL", 80), Notify("FORECASTED", 100) },
    });

    private CfnBudget.NotificationWithSubscribersProperty Notify(string kind, double percent) => new()
    {
        Notification = new CfnBudget.NotificationProperty { NotificationType = kind, ComparisonOperator = "GREATER_THAN", Threshold = percent, ThresholdType = "PERCENTAGE" },
        Subscribers = new object[] { new CfnBudget.SubscriberProperty { SubscriptionType = "SNS", Address = _topic.TopicArn } },
    };
}
