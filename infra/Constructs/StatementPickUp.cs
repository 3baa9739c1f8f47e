using Amazon.CDK;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.KMS;
using Amazon.CDK.AWS.S3;
using Constructs;

namespace Modupay.Infra.Constructs;

/// <summary>
/// The role that SFTP connectors have while they fetch a bank's statements. The connectors themselves are made by hand, with the bank's host keys and
/// our credentials there: docs/deploying.md.
/// </summary>
internal sealed class StatementPickUp : Construct
{
    public const string Bucket = "statement-inbox";
    public const string Tag = "modupay:environment";

    /// <summary>Where connectors write what they found; nothing starts when an object appears there.</summary>
    public const string Listings = "pick-up/";

    private const string Files = "statements/";

    public StatementPickUp(Construct scope, EnvironmentSettings settings, Bucket inbox, Key storage) : base(scope, "StatementPickUp")
    {
        // Transfer Family acts for many accounts; only for connectors of this one may it use this role.
        var forUs = new ServicePrincipal("transfer.amazonaws.com", new ServicePrincipalOpts
        {
            Conditions = new Dictionary<string, object>
            {
                ["StringEquals"] = new Dictionary<string, object> { ["aws:SourceAccount"] = settings.Account },
                ["ArnLike"] = new Dictionary<string, object> { ["aws:SourceArn"] = settings.Arn("transfer", "connector/*") },
            },
        });
        _ = new Role(this, "Role", new RoleProps
        {
            RoleName = settings.Physical("statement-pick-up"),
            Description = "What an SFTP connector may do with a bank's files",
            AssumedBy = forUs,
            InlinePolicies = new Dictionary<string, PolicyDocument>
            {
                ["needs"] = new(new PolicyDocumentProps
                {
                    Statements =
                    [
                        // Transfer Family asks for both directions in the folder it writes to.
                        Allow("Inbox", ["s3:PutObject", "s3:GetObject"], [$"{inbox.BucketArn}/{Files}*", $"{inbox.BucketArn}/{Listings}*"]),
                        Allow("Bucket", ["s3:ListBucket", "s3:GetBucketLocation"], [inbox.BucketArn]),
                        Allow("Credentials", ["secretsmanager:GetSecretValue"], [settings.Arn("secretsmanager", $"secret:{settings.SecretPrefix}/sftp/*")]),
                        Allow("AtRest", ["kms:Decrypt", "kms:GenerateDataKey"], [storage.KeyArn],
                            new() { ["StringEquals"] = new Dictionary<string, object> { ["kms:ViaService"] = new[] { $"s3.{settings.Region}.amazonaws.com", $"secretsmanager.{settings.Region}.amazonaws.com" } } }),
                    ],
                }),
            },
        });
    }

    private static PolicyStatement Allow(string sid, string[] actions, string[] resources, Dictionary<string, object>? conditions = null) =>
        new(new PolicyStatementProps { Sid = sid, Actions = actions, Resources = resources, Conditions = conditions });
}
