using Amazon.CDK;
using Amazon.CDK.AWS.CertificateManager;
using Amazon.CDK.AWS.CloudFront;
using Amazon.CDK.AWS.CloudFront.Origins;
using Amazon.CDK.AWS.WAFv2;
using Constructs;
using Modupay.Deployment;

namespace Modupay.Infra;

/// <summary>
/// CloudFront and its web application firewall, which can only live in us-east-1. An HTTP API cannot carry a firewall itself. Nothing is
/// cached: every answer belongs to one caller.
/// </summary>
internal sealed class EdgeStack : Stack
{
    public new const string Region = "us-east-1";

    public EdgeStack(Construct scope, EnvironmentSettings settings, ApiStack api, IStackProps home) : base(scope, settings.StackName("Edge"), new StackProps
    {
        Env = new Amazon.CDK.Environment { Account = settings.Account, Region = Region },
        CrossRegionReferences = true,
        TerminationProtection = settings.Protected,
        AnalyticsReporting = home.AnalyticsReporting,
    })
    {
        var firewall = new CfnWebACL(this, "Firewall", new CfnWebACLProps
        {
            Name = settings.Physical("firewall"),
            Scope = "CLOUDFRONT",
            DefaultAction = new CfnWebACL.DefaultActionProperty { Allow = new CfnWebACL.AllowActionProperty() },
            VisibilityConfig = Visible("firewall", sampled: false),
            Rules = new object[]
            {
                Managed("AWSManagedRulesAmazonIpReputationList", priority: 1),
                // Its eight kilobytes for a body are less than a bank statement; the application has its own limits.
                Managed("AWSManagedRulesCommonRuleSet", priority: 2, countOnly: "SizeRestrictions_BODY"),
                Managed("AWSManagedRulesKnownBadInputsRuleSet", priority: 3),
                new CfnWebACL.RuleProperty
                {
                    Name = "too-many-requests",
                    Priority = 4,
                    Action = new CfnWebACL.RuleActionProperty { Block = new CfnWebACL.BlockActionProperty() },
                    // Requests in five minutes: no single address may take more than half of what the API serves.
                    Statement = new CfnWebACL.StatementProperty { RateBasedStatement = new CfnWebACL.RateBasedStatementProperty { AggregateKeyType = "IP", Limit = 300 * settings.ApiRequestsPerSecond / 2 } },
                    VisibilityConfig = Visible("too-many-requests"),
                },
            },
        });

        var distribution = new Distribution(this, "Distribution", new DistributionProps
        {
            Comment = settings.Physical("edge"),
            WebAclId = firewall.AttrArn,
            DomainNames = settings.Domain is { } domain ? [domain] : null,
            Certificate = settings.CertificateArn is { } arn ? Certificate.FromCertificateArn(this, "Certificate", arn) : null,
            MinimumProtocolVersion = SecurityPolicyProtocol.TLS_V1_2_2021, // Only holds for a certificate of one's own.
            HttpVersion = HttpVersion.HTTP2_AND_3,
            PriceClass = PriceClass.PRICE_CLASS_100,
            DefaultBehavior = new BehaviorOptions
            {
                Origin = new HttpOrigin($"{api.Api.ApiId}.execute-api.{settings.Region}.amazonaws.com", new HttpOriginProps
                {
                    ProtocolPolicy = OriginProtocolPolicy.HTTPS_ONLY,
                    OriginSslProtocols = [OriginSslPolicy.TLS_V1_2],
                    ReadTimeout = Duration.Seconds(30),
                    // A caller's own header of this name is overwritten, so whoever shows the API the right text came this way.
                    CustomHeaders = new Dictionary<string, string> { [Manifest.EdgeHeader] = SecretValue.SecretsManager($"{settings.SecretPrefix}/{settings.EdgeSecret}").UnsafeUnwrap() },
                }),
                AllowedMethods = AllowedMethods.ALLOW_ALL,
                CachePolicy = CachePolicy.CACHING_DISABLED,
                OriginRequestPolicy = OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
                ResponseHeadersPolicy = ResponseHeadersPolicy.SECURITY_HEADERS,
                ViewerProtocolPolicy = ViewerProtocolPolicy.HTTPS_ONLY,
            },
        });
        _ = new CfnOutput(this, "Url", new CfnOutputProps { Value = $"https://{settings.Domain ?? distribution.DistributionDomainName}", Description = "The public address" });
    }

    private static CfnWebACL.RuleProperty Managed(string name, double priority, string? countOnly = null) => new()
    {
        Name = name,
        Priority = priority,
        OverrideAction = new CfnWebACL.OverrideActionProperty { None = new Dictionary<string, object>() },
        Statement = new CfnWebACL.StatementProperty
        {
            ManagedRuleGroupStatement = new CfnWebACL.ManagedRuleGroupStatementProperty
            {
                VendorName = "AWS",
                Name = name,
                RuleActionOverrides = countOnly is null ? null : new object[]
                {
                    new CfnWebACL.RuleActionOverrideProperty { Name = countOnly, ActionToUse = new CfnWebACL.RuleActionProperty { Count = new CfnWebACL.CountActionProperty() } },
                },
            },
        },
        VisibilityConfig = Visible(name),
    };

    private static CfnWebACL.VisibilityConfigProperty Visible(string metric, bool sampled = true) => new() { CloudWatchMetricsEnabled = true, MetricName = metric, SampledRequestsEnabled = sampled };
}
