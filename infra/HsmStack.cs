using Amazon.CDK;
using Amazon.CDK.AWS.EC2;
using Amazon.CDK.AWS.SecretsManager;
using Constructs;

namespace Modupay.Infra;

/// <summary>
/// What a CloudHSM cluster needs around it. The cluster itself is made by a ceremony: CloudFormation has no resource for one, and no
/// stack should ever be able to delete one. docs/deploying.md names the inputs that come back from it.
/// </summary>
internal sealed class HsmStack : Stack
{
    public HsmStack(Construct scope, EnvironmentSettings settings, NetworkStack network, IStackProps props) : base(scope, settings.StackName("Hsm"), props)
    {
        var clients = new SecurityGroup(this, "Clients", new SecurityGroupProps
        {
            SecurityGroupName = settings.Physical("hsm-clients"),
            Vpc = network.Vpc,
            Description = "Functions that sign with the hardware security module",
            AllowAllOutbound = false,
        });
        // The PKCS#11 library speaks to the cluster on three ports; the group of the cluster is known after the ceremony only.
        if (settings.HsmClusterSecurityGroup is { } id)
        {
            var cluster = SecurityGroup.FromSecurityGroupId(this, "Cluster", id, new SecurityGroupImportOptions { Mutable = true });
            clients.AddEgressRule(cluster, Port.TcpRange(2223, 2225), "PKCS#11 library");
            cluster.AddIngressRule(clients, Port.TcpRange(2223, 2225), "Modupay signs");
        }

        var user = new Secret(this, "CryptoUser", new SecretProps
        {
            SecretName = settings.Physical("hsm-crypto-user"), // Outside the prefix that functions with credentials may read.
            Description = "Name and PIN of the crypto user; the ceremony replaces the generated PIN",
            GenerateSecretString = new SecretStringGenerator { SecretStringTemplate = """{"username":"modupay_signing"}""", GenerateStringKey = "pin", PasswordLength = 32, ExcludePunctuation = true },
            RemovalPolicy = RemovalPolicy.RETAIN,
        });

        _ = new CfnOutput(this, "Subnets", new CfnOutputProps
        {
            Value = string.Join(',', network.Vpc.SelectSubnets(network.DatabaseSubnets).SubnetIds),
            Description = "Create the cluster in these subnets",
        });
        _ = new CfnOutput(this, "ClientGroup", new CfnOutputProps { Value = clients.SecurityGroupId });
        _ = new CfnOutput(this, "CryptoUserSecret", new CfnOutputProps { Value = user.SecretName });
    }
}
