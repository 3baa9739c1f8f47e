using Amazon.CDK;
using Amazon.CDK.AWS.EC2;
using Amazon.CDK.AWS.Logs;
using Constructs;

namespace Modupay.Infra;

/// <summary>The VPC. Only functions that talk to banks and receivers of webhooks have a route out; the database has none at all.</summary>
internal sealed class NetworkStack : Stack
{
    private const string Outgoing = "outgoing", Inside = "inside", Database = "database";

    private readonly bool _insideIsUsable;

    public NetworkStack(Construct scope, EnvironmentSettings settings, IStackProps props) : base(scope, settings.StackName("Network"), props)
    {
        _insideIsUsable = settings.PrivateEndpoints;

        // With a concrete account the stack asks AWS for its zones even when the VPC is given them; the answer is put where it looks first.
        Node.SetContext($"availability-zones:account={settings.Account}:region={settings.Region}", settings.AvailabilityZones.ToArray());

        Vpc = new Vpc(this, "Vpc", new VpcProps
        {
            VpcName = settings.Physical("vpc"),
            IpAddresses = IpAddresses.Cidr("10.20.0.0/16"),
            AvailabilityZones = [.. settings.AvailabilityZones],
            NatGateways = settings.NatGateways,
            RestrictDefaultSecurityGroup = false, // Emptying it takes a Node.js custom resource; nothing uses the default group.
            SubnetConfiguration =
            [
                new SubnetConfiguration { Name = "public", SubnetType = SubnetType.PUBLIC, CidrMask = 24 },
                new SubnetConfiguration { Name = Outgoing, SubnetType = SubnetType.PRIVATE_WITH_EGRESS, CidrMask = 20 },
                new SubnetConfiguration { Name = Inside, SubnetType = SubnetType.PRIVATE_ISOLATED, CidrMask = 20 },
                new SubnetConfiguration { Name = Database, SubnetType = SubnetType.PRIVATE_ISOLATED, CidrMask = 24 },
            ],
        });

        var flowLogs = new LogGroup(this, "FlowLogs", new LogGroupProps
        {
            LogGroupName = $"/modupay/{settings.Name}/vpc-flow",
            Retention = Days.Of(settings.LogDays),
            RemovalPolicy = RemovalPolicy.DESTROY,
        });
        Vpc.AddFlowLog("Rejected", new FlowLogOptions { TrafficType = FlowLogTrafficType.REJECT, Destination = FlowLogDestination.ToCloudWatchLogs(flowLogs) });

        Functions = new SecurityGroup(this, "Functions", new SecurityGroupProps { Vpc = Vpc, Description = "Every Modupay function", AllowAllOutbound = true });

        Vpc.AddGatewayEndpoint("S3", new GatewayVpcEndpointOptions { Service = GatewayVpcEndpointAwsService.S3 });
        Vpc.AddGatewayEndpoint("DynamoDb", new GatewayVpcEndpointOptions { Service = GatewayVpcEndpointAwsService.DYNAMODB });
        if (settings.PrivateEndpoints) AddInterfaceEndpoints();
    }

    public Vpc Vpc { get; }

    public SecurityGroup Functions { get; }

    public SubnetSelection SubnetsFor(bool needsInternet) => new() { SubnetGroupName = needsInternet || !_insideIsUsable ? Outgoing : Inside };

    public SubnetSelection DatabaseSubnets { get; } = new() { SubnetGroupName = Database };

    private void AddInterfaceEndpoints()
    {
        var callers = new SecurityGroup(this, "Endpoints", new SecurityGroupProps { Vpc = Vpc, Description = "AWS services inside the VPC", AllowAllOutbound = false });
        callers.AddIngressRule(Functions, Port.Tcp(443), "Functions call AWS");
        foreach (var (name, service) in new Dictionary<string, InterfaceVpcEndpointAwsService>
        {
            ["Sqs"] = InterfaceVpcEndpointAwsService.SQS,
            ["Kms"] = InterfaceVpcEndpointAwsService.KMS,
            ["SecretsManager"] = InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
            ["Transfer"] = InterfaceVpcEndpointAwsService.TRANSFER,
            ["StepFunctions"] = InterfaceVpcEndpointAwsService.STEP_FUNCTIONS,
            ["Logs"] = InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
        })
        {
            Vpc.AddInterfaceEndpoint(name, new InterfaceVpcEndpointOptions
            {
                Service = service,
                Subnets = new SubnetSelection { SubnetGroupName = Inside },
                SecurityGroups = [callers],
                Open = false,
                PrivateDnsEnabled = true,
            });
        }
    }
}
