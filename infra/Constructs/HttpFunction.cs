using Amazon.CDK.AWS.CloudWatch;
using Amazon.CDK.AWS.CodeDeploy;
using Amazon.CDK.AWS.Lambda;
using Constructs;
using Modupay.Deployment;

namespace Modupay.Infra.Constructs;

/// <summary>
/// An ASP.NET Core application that AWS's own Lambda Web Adapter feeds with requests. New versions take a tenth of the traffic first,
/// where the environment asks for it, and are rolled back when they fail.
/// </summary>
internal sealed class HttpFunction : ModupayFunction
{
    public HttpFunction(Construct scope, FunctionSpec spec, Platform platform) : base(scope, spec, platform)
    {
        var settings = platform.Settings;
        Function.AddLayers(LayerVersion.FromLayerVersionArn(this, "WebAdapter",
            $"arn:aws:lambda:{settings.Region}:{settings.WebAdapterAccount}:layer:LambdaAdapterLayerX86:{settings.WebAdapterVersion}"));
        Function.AddEnvironment("AWS_LWA_PORT", "8080");
        Function.AddEnvironment("AWS_LWA_READINESS_CHECK_PATH", "/health/ready");
        Function.AddEnvironment("AWS_LWA_READINESS_CHECK_HEALTHY_STATUS", "200-299"); // By default the adapter takes a 404 for health.

        if (settings.Canary) AddCanary();
    }

    private LambdaDeploymentGroup AddCanary() => new(this, "Canary", new LambdaDeploymentGroupProps
    {
        Alias = Live,
        DeploymentConfig = LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
        Alarms =
        [
            new Alarm(this, "CanaryErrors", new AlarmProps
            {
                AlarmDescription = $"The version of {Spec.Name} that is being deployed fails; CodeDeploy takes it back.",
                Metric = Live.MetricErrors(new MetricOptions { Period = Amazon.CDK.Duration.Minutes(1) }),
                Threshold = 1,
                EvaluationPeriods = 2,
                TreatMissingData = TreatMissingData.NOT_BREACHING,
            }),
        ],
    });
}
