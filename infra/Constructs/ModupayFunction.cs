using Amazon.CDK;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.Lambda;
using Amazon.CDK.AWS.Logs;
using Constructs;
using Modupay.Deployment;

namespace Modupay.Infra.Constructs;

/// <summary>
/// One of the manifest's functions: the shared code under its own name, size, role and log. Event functions run our Lambda runtime loop,
/// so the handler is the executable itself; see docs/decisions/0010.
/// </summary>
internal class ModupayFunction : Construct
{
    public ModupayFunction(Construct scope, FunctionSpec spec, Platform platform) : base(scope, Words.Pascal(spec.Name))
    {
        Spec = spec;
        var settings = platform.Settings;
        var name = settings.Physical(spec.Name);
        var allowance = Allowance.For(spec, platform);

        var logs = new LogGroup(this, "Logs", new LogGroupProps { LogGroupName = $"/aws/lambda/{name}", Retention = Days.Of(settings.LogDays), RemovalPolicy = RemovalPolicy.DESTROY });
        var role = new Role(this, "Role", new RoleProps
        {
            RoleName = name,
            AssumedBy = new ServicePrincipal("lambda.amazonaws.com"),
            InlinePolicies = new Dictionary<string, PolicyDocument> { ["needs"] = new(new PolicyDocumentProps { Statements = [.. allowance.Statements] }) },
        });
        Function = new Function(this, "Function", new FunctionProps
        {
            FunctionName = name,
            Runtime = new Runtime("dotnet10", RuntimeFamily.DOTNET_CORE, new LambdaRuntimeProps { SupportsSnapStart = true }), // Newer than our CDK.
            Architecture = Architecture.X86_64,
            Handler = "Modupay.Lambda",
            Code = platform.Code.Asset(),
            MemorySize = spec.MemoryMb,
            Timeout = Duration.Seconds(spec.TimeoutSeconds),
            Environment = allowance.Variables.ToDictionary(),
            // The role says everything there is to say; the CDK adds nothing behind our back.
            Role = role.WithoutPolicyUpdates(),
            LogGroup = logs,
            Tracing = Tracing.ACTIVE,
            Vpc = platform.Network.Vpc,
            VpcSubnets = platform.Network.SubnetsFor(spec.Needs.HasFlag(Needs.Internet)),
            SecurityGroups = [platform.Network.Functions],
        });
        Live = new Alias(this, "Live", new AliasProps { AliasName = "live", Version = Function.CurrentVersion });
    }

    public FunctionSpec Spec { get; }
    public Function Function { get; }

    /// <summary>What callers invoke, so that a deployment can move traffic and take it back.</summary>
    public Alias Live { get; }
}
