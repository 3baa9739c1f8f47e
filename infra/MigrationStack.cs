using Amazon.CDK;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.Lambda;
using Amazon.CDK.AWS.Logs;
using Amazon.CDK.CustomResources;
using Constructs;
using Modupay.Deployment;
using Modupay.Infra.Constructs;

namespace Modupay.Infra;

/// <summary>
/// Runs the migrations once per version of the code, before any function of that version exists. The migrator answers
/// <c>{"PhysicalResourceId":"…"}</c> and fails by failing; the framework reports to CloudFormation. See docs/decisions/0012.
/// </summary>
internal sealed class MigrationStack : Stack
{
    public MigrationStack(Construct scope, Platform platform, IStackProps props) : base(scope, platform.Settings.StackName("Migration"), props)
    {
        foreach (var spec in Manifest.Functions.Where(function => function.Trigger is Trigger.Deploy))
        {
            var migrator = new ModupayFunction(this, spec, platform);
            var provider = new Provider(this, "Provider", new ProviderProps
            {
                OnEventHandler = migrator.Function,
                LogGroup = new LogGroup(this, "ProviderLogs", new LogGroupProps { Retention = Days.Of(platform.Settings.LogDays), RemovalPolicy = RemovalPolicy.DESTROY }),
            });
            var migrations = new CustomResource(this, "Migrations", new CustomResourceProps
            {
                ServiceToken = provider.ServiceToken,
                ResourceType = "Custom::ModupayMigrations",
                // CloudFormation calls again when a property changes; the migrator skips what was applied before.
                Properties = new Dictionary<string, object> { ["CodeHash"] = platform.Code.Hash },
            });
            // CloudFormation would wait an hour for an answer that never comes.
            ((CfnResource)migrations.Node.DefaultChild!).AddPropertyOverride("ServiceTimeout", 2 * spec.TimeoutSeconds);
        }
    }
}
