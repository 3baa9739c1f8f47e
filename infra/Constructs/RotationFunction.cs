using Amazon.CDK.AWS.Lambda;
using Amazon.CDK.AWS.SecretsManager;
using Constructs;
using Modupay.Deployment;

namespace Modupay.Infra.Constructs;

/// <summary>
/// A function that Secrets Manager runs to replace the manifest's secrets, each on its own schedule. The first rotation waits for its day: while a
/// deployment makes the database there is nobody to rotate.
/// </summary>
internal sealed class RotationFunction : ModupayFunction
{
    public RotationFunction(Construct scope, FunctionSpec spec, Platform platform) : base(scope, spec, platform)
    {
        var permission = new CfnPermission(this, "SecretsManagerInvokes", new CfnPermissionProps
        {
            Action = "lambda:InvokeFunction",
            FunctionName = Live.FunctionArn,
            Principal = "secretsmanager.amazonaws.com",
            SourceAccount = platform.Settings.Account,
        });
        foreach (var secret in Manifest.Secrets)
        {
            var schedule = new CfnRotationSchedule(this, $"{Words.Pascal(secret.Name)}Rotation", new CfnRotationScheduleProps
            {
                SecretId = platform.Data.Secrets[secret.Name].SecretArn,
                RotationLambdaArn = Live.FunctionArn,
                RotationRules = new CfnRotationSchedule.RotationRulesProperty { AutomaticallyAfterDays = secret.RotateDays },
                RotateImmediatelyOnUpdate = false,
            });
            schedule.Node.AddDependency(permission);
        }
    }
}
