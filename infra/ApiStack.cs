using System.Text.Json.Nodes;
using Amazon.CDK;
using Amazon.CDK.AWS.Apigatewayv2;
using Amazon.CDK.AWS.Logs;
using Amazon.CDK.AWS.SecretsManager;
using Amazon.CDK.AwsApigatewayv2Integrations;
using Constructs;
using Modupay.Deployment;
using Modupay.Infra.Constructs;
using HttpMethod = Amazon.CDK.AWS.Apigatewayv2.HttpMethod;

namespace Modupay.Infra;

/// <summary>
/// The HTTP API in front of the HTTP functions. It throttles and keeps a log; callers are authenticated by the application, which knows
/// API keys and their organizations.
/// </summary>
internal sealed class ApiStack : Stack
{
    public ApiStack(Construct scope, EnvironmentSettings settings, DataStack data, FunctionsStack functions, IStackProps props) : base(scope, settings.StackName("Api"), props)
    {
        foreach (var name in Manifest.EdgeSecrets) _ = NewEdgeSecret(settings, data, name);
        var web = Manifest.Functions.Where(spec => spec.Trigger is Trigger.Http).ToDictionary(spec => spec.Path, spec => functions.Functions[spec.Name]);
        Api = new HttpApi(this, "HttpApi", new HttpApiProps
        {
            ApiName = settings.Physical("api"),
            CreateDefaultStage = false,
            DefaultIntegration = To(web["/"]),
        });
        foreach (var (path, function) in web.Where(entry => entry.Key != "/"))
            foreach (var route in new[] { path, path + "/{proxy+}" })
                Api.AddRoutes(new AddRoutesOptions { Path = route, Methods = [HttpMethod.ANY], Integration = To(function) });

        var accessLog = new LogGroup(this, "AccessLog", new LogGroupProps { LogGroupName = $"/modupay/{settings.Name}/api-access", Retention = Days.Of(settings.LogDays), RemovalPolicy = RemovalPolicy.DESTROY });
        var stage = new HttpStage(this, "Stage", new HttpStageProps
        {
            HttpApi = Api,
            StageName = "$default", // Any other name would become part of every path.
            AutoDeploy = true,
            Throttle = new ThrottleSettings { RateLimit = settings.ApiRequestsPerSecond, BurstLimit = 2 * settings.ApiRequestsPerSecond },
        });
        var cfnStage = (CfnStage)stage.Node.DefaultChild!;
        cfnStage.AccessLogSettings = new CfnStage.AccessLogSettingsProperty { DestinationArn = accessLog.LogGroupArn, Format = AccessLogFormat };
        cfnStage.AddPropertyOverride("DefaultRouteSettings.DetailedMetricsEnabled", true);

        _ = new CfnOutput(this, "Url", new CfnOutputProps { Value = Api.ApiEndpoint, Description = "The API without CloudFront and its firewall" });
    }

    public HttpApi Api { get; }

    private static HttpLambdaIntegration To(ModupayFunction function) => new(Words.Pascal(function.Spec.Name), function.Live);

    /// <summary>Read here by the API, and in CloudFront's region by CloudFormation, which resolves a name only among the secrets of the stack's own region.</summary>
    private Secret NewEdgeSecret(EnvironmentSettings settings, DataStack data, string name) => new(this, $"{Words.Pascal(name)}Secret", new SecretProps
    {
        SecretName = $"{settings.SecretPrefix}/{name}",
        EncryptionKey = data.Storage,
        GenerateSecretString = new SecretStringGenerator { PasswordLength = 64, ExcludePunctuation = true },
        ReplicaRegions = settings.Region == EdgeStack.Region ? null : [new ReplicaRegion { Region = EdgeStack.Region }],
        RemovalPolicy = RemovalPolicy.DESTROY,
    });

    private static string AccessLogFormat => new JsonObject
    {
        ["requestId"] = "$context.requestId",
        ["time"] = "$context.requestTimeEpoch",
        ["ip"] = "$context.identity.sourceIp",
        ["method"] = "$context.httpMethod",
        ["path"] = "$context.path",
        ["status"] = "$context.status",
        ["bytes"] = "$context.responseLength",
        ["latencyMs"] = "$context.responseLatency",
        ["integrationMs"] = "$context.integrationLatency",
        ["error"] = "$context.integrationErrorMessage",
    }.ToJsonString();
}
