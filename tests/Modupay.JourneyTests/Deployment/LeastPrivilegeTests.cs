using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Modupay.Deployment;

namespace Modupay.JourneyTests.Deployment;

/// <summary>Every permission in every template, read as IAM would read it.</summary>
[Collection(DeploymentCollection.Name)]
public sealed partial class LeastPrivilegeTests(Synthesis synthesis)
{
    /// <summary>Actions that may stand beside <c>Resource: *</c>, each with the reason why nothing narrower exists.</summary>
    private static readonly Dictionary<string, string> Reviewed = new(StringComparer.Ordinal)
    {
        ["ec2:CreateNetworkInterface"] = Vpc,
        ["ec2:DeleteNetworkInterface"] = Vpc,
        ["ec2:DescribeNetworkInterfaces"] = Vpc,
        ["ec2:DescribeSubnets"] = Vpc,
        ["ec2:AssignPrivateIpAddresses"] = Vpc,
        ["ec2:UnassignPrivateIpAddresses"] = Vpc,
        ["xray:PutTraceSegments"] = Traces,
        ["xray:PutTelemetryRecords"] = Traces,
        ["xray:GetSamplingRules"] = Traces,
        ["xray:GetSamplingTargets"] = Traces,
        ["logs:CreateLogDelivery"] = Delivery,
        ["logs:GetLogDelivery"] = Delivery,
        ["logs:UpdateLogDelivery"] = Delivery,
        ["logs:DeleteLogDelivery"] = Delivery,
        ["logs:ListLogDeliveries"] = Delivery,
        ["logs:PutResourcePolicy"] = Delivery,
        ["logs:DescribeResourcePolicies"] = Delivery,
        ["logs:DescribeLogGroups"] = Delivery,
    };

    private const string Vpc = "Lambda makes the interface before it has an ARN; the function's own code is denied the same actions by the same policy.";
    private const string Traces = "X-Ray has no resources to name.";
    private const string Delivery = "Step Functions sets up its own log delivery, and AWS documents these without resources.";

    /// <summary>Policies AWS keeps; they come with constructs of the CDK and were read.</summary>
    private static readonly Dictionary<string, string> ReviewedManagedPolicies = new(StringComparer.Ordinal)
    {
        ["service-role/AWSLambdaBasicExecutionRole"] = "Log writing of the custom resource framework and of cross-region references.",
        ["service-role/AWSCodeDeployRoleForLambdaLimited"] = "CodeDeploy shifts traffic between versions and reads alarms.",
    };

    [Theory]
    [InlineData("dev")]
    [InlineData("staging")]
    [InlineData("prod")]
    public void Nobody_is_allowed_every_action_or_every_resource_unless_it_was_reviewed(string name)
    {
        var wide = Allowed(name).Where(statement => statement.Owner.Type != "AWS::KMS::Key").SelectMany(statement =>
            statement.Actions.Where(action => action.EndsWith('*') && !action.StartsWith("kms:", StringComparison.Ordinal) || action.EndsWith(":*", StringComparison.Ordinal))
                .Select(action => $"{statement.Owner.Id} allows {action}")
                .Concat(statement.Resources.Any(resource => EveryResource().IsMatch(resource)) ? statement.Actions.Where(action => !Reviewed.ContainsKey(action)).Select(action => $"{statement.Owner.Id} allows {action} on everything") : []));
        Assert.Empty(wide);
    }

    [Fact]
    public void The_list_of_exceptions_holds_nothing_that_is_no_longer_needed()
    {
        var wide = Allowed("prod").Where(statement => statement.Resources.Contains("*")).SelectMany(statement => statement.Actions).ToHashSet(StringComparer.Ordinal);
        Assert.Empty(Reviewed.Keys.Except(wide));
    }

    [Theory]
    [InlineData("dev")]
    [InlineData("prod")]
    public void No_policy_of_a_resource_lets_a_stranger_in(string name)
    {
        foreach (var statement in Allowed(name).Where(statement => statement.Body["Principal"] is not null))
        {
            var principal = statement.Body["Principal"]!;
            Assert.True(principal is JsonObject, $"{statement.Owner.Id} trusts {principal.ToJsonString()}");
            Assert.DoesNotContain("\"*\"", principal.ToJsonString());
        }
    }

    [Theory]
    [InlineData("dev")]
    [InlineData("prod")]
    public void Keys_answer_to_nobody_outside_this_account(string name)
    {
        foreach (var statement in Allowed(name).Where(statement => statement.Owner.Type == "AWS::KMS::Key"))
            Assert.Matches("""^\{"AWS":("arn:aws:iam::123456789012:root"|\{"Fn::GetAtt":\["[A-Za-z0-9]+","Arn"\]\})\}$""", statement.Body["Principal"]!.ToJsonString());
    }

    [Theory]
    [InlineData("dev")]
    [InlineData("staging")]
    [InlineData("prod")]
    public void Policies_kept_by_aws_were_reviewed(string name)
    {
        var attached = synthesis.Environments[name].All("AWS::IAM::Role").SelectMany(role => role.At("Properties", "ManagedPolicyArns")?.AsArray() ?? []).Select(policy => policy!.ToJsonString());
        Assert.All(attached, policy => Assert.Contains(ReviewedManagedPolicies.Keys, known => policy.Contains(known, StringComparison.Ordinal)));
    }

    [Fact]
    public void No_two_functions_share_a_role()
    {
        var roles = synthesis.Production.Functions.Values.Select(function => function.At("Properties", "Role")!.ToJsonString()).ToList();
        Assert.Equal(roles.Count, roles.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void A_key_is_signed_with_by_whom_the_manifest_names_and_by_nobody_else()
    {
        foreach (var key in Manifest.Keys.Where(key => key.Signs))
        {
            var id = synthesis.Production["Data"].All("AWS::KMS::Alias").Single(alias => alias.Text("Properties", "AliasName") == $"alias/modupay/prod/{key.Name}").Text("Properties", "TargetKeyId", "Fn::GetAtt", 0)!;
            Assert.Equal(key.Spec, synthesis.Production["Data"].Resources.Single(resource => resource.Id == id).Text("Properties", "KeySpec"));
            var signers = Allowed("prod").Where(statement => statement.Owner.Type == "AWS::IAM::Role" && statement.Actions.Contains("kms:Sign") && statement.Body["Resource"]!.ToJsonString().Contains(id, StringComparison.Ordinal));
            Assert.Equal(key.SignedBy.Select(function => $"modupay-prod-{function}"), signers.Select(statement => statement.Owner.Text("Properties", "RoleName")));
        }
    }

    [Fact]
    public void Only_who_migrates_and_who_rotates_reads_the_password_of_the_owner()
    {
        var owner = synthesis.Production["Data"].All("AWS::SecretsManager::Secret").Single(secret => secret.Text("Properties", "Name") == "modupay/prod/database/owner").Id;
        var readers = Allowed("prod").Where(statement => statement.Actions.Contains("secretsmanager:GetSecretValue") && statement.Body["Resource"]!.ToJsonString().Contains(owner, StringComparison.Ordinal)).Select(statement => statement.Owner.Id);
        Assert.Equal(["DatabaseProxyIAMRoleDefaultPolicy", "MigratorRole", "SecretRotationRole"], readers.Select(id => id[..^8]).Distinct().Order());

        // Who reads credentials by prefix is told in the same policy that this one is not meant.
        foreach (var role in synthesis.Production.All("AWS::IAM::Role").Where(role => role.Mentions("secret:modupay/prod/*")))
        {
            var denied = Statements(role).Single(statement => statement.Effect == "Deny" && statement.Actions.Contains("secretsmanager:GetSecretValue"));
            Assert.Contains(owner, denied.Body["Resource"]!.ToJsonString());
        }
    }

    [Fact]
    public void Only_the_rotation_writes_secrets_and_only_those_the_deployment_made()
    {
        var made = synthesis.Production["Data"].All("AWS::SecretsManager::Secret").Select(secret => secret.Id).ToList();
        var writers = Allowed("prod").Where(statement => statement.Actions.Any(action => action is "secretsmanager:PutSecretValue" or "secretsmanager:UpdateSecretVersionStage" or "secretsmanager:UpdateSecret")).ToList();
        var writer = Assert.Single(writers);
        Assert.StartsWith("SecretRotationRole", writer.Owner.Id, StringComparison.Ordinal);
        Assert.Equal(made.Count, writer.Body["Resource"]!.AsArray().Count(resource => made.Any(id => resource!.ToJsonString().Contains(id, StringComparison.Ordinal))));
    }

    private IEnumerable<Statement> Allowed(string environment) =>
        synthesis.Environments[environment].Stacks.SelectMany(stack => stack.Resources).SelectMany(Statements).Where(statement => statement.Effect == "Allow");

    /// <summary>Whatever is shaped like a policy document, wherever it is: of roles, of managed policies, of buckets, queues, topics and keys.</summary>
    private static IEnumerable<Statement> Statements(Resource resource) => Find(resource.Body["Properties"])
        .Where(document => document != resource.At("Properties", "AssumeRolePolicyDocument"))
        .SelectMany(document => document["Statement"]!.AsArray()).Select(statement => new Statement(resource, statement!.AsObject()));

    private static IEnumerable<JsonObject> Find(JsonNode? node) => node switch
    {
        JsonObject document when document["Statement"] is JsonArray && document.ContainsKey("Version") => [document],
        JsonObject other => other.SelectMany(member => Find(member.Value)),
        JsonArray list => list.SelectMany(Find),
        _ => [],
    };

    private sealed record Statement(Resource Owner, JsonObject Body)
    {
        public string Effect => (string)Body["Effect"]!;
        public IEnumerable<string> Actions => Many(Body["Action"]);
        public IEnumerable<string> Resources => Many(Body["Resource"]);

        private static IEnumerable<string> Many(JsonNode? node) => node switch
        {
            JsonArray list => list.SelectMany(Many),
            JsonValue value => [value.ToString()],
            null => [],
            _ => [node.ToJsonString()],
        };
    }

    // "*", or every resource of a kind: arn:aws:sqs:eu-central-1:1:*, arn:aws:lambda:…:function:*
    [GeneratedRegex(@"^(\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:(\*|[a-z-]+[:/]\*))$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EveryResource();
}
