using System.Text.RegularExpressions;
using Amazon.CDK;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.Logs;
using Amazon.CDK.AWS.StepFunctions;
using Constructs;
using Modupay.Deployment;
using LogGroupProps = Amazon.CDK.AWS.Logs.LogGroupProps;
using LogOptions = Amazon.CDK.AWS.StepFunctions.LogOptions;

namespace Modupay.Infra.Constructs;

/// <summary>
/// The state machine of an ASL file that lies beside its tasks. Placeholders such as <c>${StatementTasks}</c> become functions, and the
/// machine may invoke exactly those; a placeholder that names no function stops the synthesis.
/// </summary>
internal sealed partial class Workflow : Construct
{
    public Workflow(Construct scope, WorkflowSpec spec, EnvironmentSettings settings, IReadOnlyDictionary<string, ModupayFunction> functions, RepositoryRoot root)
        : base(scope, Words.Pascal(spec.Name))
    {
        var name = settings.Physical(spec.Name);
        var definition = File.ReadAllText(Find(root, spec));
        var tasks = TasksOf(definition, spec, functions);

        var role = new Role(this, "Role", new RoleProps
        {
            RoleName = name,
            AssumedBy = new ServicePrincipal("states.amazonaws.com"),
            InlinePolicies = new Dictionary<string, PolicyDocument> { ["needs"] = new(new PolicyDocumentProps { Statements = Needs(tasks.Values) }) },
        });
        StateMachine = new StateMachine(this, "StateMachine", new StateMachineProps
        {
            StateMachineName = name,
            DefinitionBody = DefinitionBody.FromString(definition),
            DefinitionSubstitutions = tasks.ToDictionary(task => task.Key, task => task.Value.Live.FunctionArn),
            Role = role.WithoutPolicyUpdates(),
            TracingEnabled = true,
            Logs = new LogOptions
            {
                // Step Functions writes to groups under this prefix without a resource policy, of which a region allows ten.
                Destination = new LogGroup(this, "Logs", new LogGroupProps { LogGroupName = $"/aws/vendedlogs/states/{name}", Retention = Days.Of(settings.LogDays), RemovalPolicy = RemovalPolicy.DESTROY }),
                Level = LogLevel.ERROR,
                IncludeExecutionData = false, // Statements hold account numbers; they stay in the database and the bucket.
            },
        });
        StateMachine.Node.AddDependency(role);
    }

    public StateMachine StateMachine { get; }

    private static string Find(RepositoryRoot root, WorkflowSpec spec)
    {
        var found = Directory.GetFiles(root.Path("src", "Modupay"), $"{spec.Name}.asl.json", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal)).ToArray();
        return found is [var only] ? only : throw new InvalidOperationException($"Expected one {spec.Name}.asl.json under src/Modupay, found {found.Length}.");
    }

    private static Dictionary<string, ModupayFunction> TasksOf(string definition, WorkflowSpec spec, IReadOnlyDictionary<string, ModupayFunction> functions)
    {
        var byPlaceholder = functions.ToDictionary(function => Words.Pascal(function.Key), function => function.Value);
        var tasks = Placeholder().Matches(definition).Select(match => match.Groups["function"].Value).Distinct(StringComparer.Ordinal).ToDictionary(
            placeholder => placeholder,
            placeholder => byPlaceholder.GetValueOrDefault(placeholder) ?? throw new InvalidOperationException($"{spec.Name}: no function is called ${{{placeholder}}}."));
        return tasks.ContainsKey(Words.Pascal(spec.Tasks)) ? tasks : throw new InvalidOperationException($"{spec.Name} never runs its tasks, {spec.Tasks}.");
    }

    private static PolicyStatement[] Needs(IEnumerable<ModupayFunction> tasks) =>
    [
        new(new PolicyStatementProps { Sid = "Tasks", Actions = ["lambda:InvokeFunction"], Resources = [.. tasks.Select(task => task.Live.FunctionArn)] }),
        new(new PolicyStatementProps
        {
            Sid = "Logs",
            Actions =
            [
                "logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
                "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
            ],
            Resources = ["*"],
        }),
        new(new PolicyStatementProps { Sid = "Traces", Actions = ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"], Resources = ["*"] }),
    ];

    [GeneratedRegex(@"\$\{(?<function>\w+)\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();
}
