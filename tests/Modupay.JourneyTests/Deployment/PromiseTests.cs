using System.Text.Json.Nodes;
using Modupay.Deployment;

namespace Modupay.JourneyTests.Deployment;

/// <summary>What a team relies on when it deploys, in every environment.</summary>
[Collection(DeploymentCollection.Name)]
public sealed class PromiseTests(Synthesis synthesis)
{
    public static TheoryData<string> Environments => ["dev", "staging", "prod"];

    [Theory]
    [MemberData(nameof(Environments))]
    public void An_environment_synthesises_without_errors(string name)
    {
        var environment = synthesis.Environments[name];
        Assert.True(environment.Stacks.Count >= 9);
        var errors = environment.Assembly["artifacts"]!.AsObject().SelectMany(artifact => artifact.Value!["metadata"]?.AsObject() ?? [])
            .SelectMany(entry => entry.Value!.AsArray()).Where(entry => (string?)entry!["type"] == "aws:cdk:error");
        Assert.Empty(errors);
    }

    [Theory]
    [MemberData(nameof(Environments))]
    public void Synthesis_asks_nothing_of_an_account(string name) => Assert.Null(synthesis.Environments[name].Assembly["missing"]);

    [Theory]
    [MemberData(nameof(Environments))]
    public void Everything_in_the_manifest_is_deployed(string name)
    {
        var environment = synthesis.Environments[name];
        Assert.Equal(Manifest.Functions.Select(function => function.Name).Order(), environment.Functions.Keys.Order());
        Assert.Equal(Named(Manifest.Tables.Select(table => table.Name)), Names("AWS::DynamoDB::Table", "TableName"));
        Assert.Equal(Named(Manifest.Workflows.Select(workflow => workflow.Name)), Names("AWS::StepFunctions::StateMachine", "StateMachineName"));
        Assert.Equal(Manifest.Buckets.Select(bucket => $"modupay-{name}-{bucket.Name}-123456789012").Order(), Names("AWS::S3::Bucket", "BucketName"));
        Assert.Equal(Manifest.Secrets.Select(secret => $"modupay/{name}/{secret.Name}").Order(), environment["Data"].All("AWS::SecretsManager::Secret").Select(secret => secret.Text("Properties", "Name")).Order());
        Assert.Subset(Names("AWS::KMS::Alias", "AliasName").ToHashSet(), Manifest.Keys.Select(key => (string?)$"alias/modupay/{name}/{key.Name}").ToHashSet());
        Assert.Equal(Named(Manifest.Schedules.Select(schedule => schedule.Name).Concat(Manifest.ObjectRules.Select(rule => rule.Name))), Names("AWS::Events::Rule", "Name"));
        foreach (var function in Manifest.Functions)
        {
            Assert.Equal(function.MemoryMb, (int)environment.Functions[function.Name].At("Properties", "MemorySize")!);
            Assert.Equal(function.TimeoutSeconds, (int)environment.Functions[function.Name].At("Properties", "Timeout")!);
        }

        IOrderedEnumerable<string> Named(IEnumerable<string> logical) => logical.Select(item => $"modupay-{name}-{item}").Order();
        IOrderedEnumerable<string?> Names(string type, string property) => environment.All(type).Select(resource => resource.Text("Properties", property)).Order();
    }

    [Theory]
    [MemberData(nameof(Environments))]
    public void Every_password_is_replaced_at_least_every_ninety_days_and_not_while_it_is_deployed(string name)
    {
        var environment = synthesis.Environments[name];
        var schedules = environment["Functions"].All("AWS::SecretsManager::RotationSchedule").ToList();
        Assert.Equal(Manifest.Secrets.Count, schedules.Select(schedule => schedule.At("Properties", "SecretId")!.ToJsonString()).Distinct(StringComparer.Ordinal).Count());
        Assert.All(schedules, schedule =>
        {
            Assert.InRange((int)schedule.At("Properties", "RotationRules", "AutomaticallyAfterDays")!, 1, 90);
            Assert.False((bool)schedule.At("Properties", "RotateImmediatelyOnUpdate")!);
        });
        Assert.Single(environment["Functions"].All("AWS::Lambda::Permission"), permission => permission.Text("Properties", "Principal") == "secretsmanager.amazonaws.com");
    }

    [Theory]
    [MemberData(nameof(Environments))]
    public void Every_queue_gives_its_failures_to_a_dead_letter_queue_and_its_consumer_answers_per_message(string name)
    {
        var environment = synthesis.Environments[name];
        foreach (var spec in Manifest.Queues)
        {
            var queue = environment["Messaging"].All("AWS::SQS::Queue").Single(candidate => candidate.Text("Properties", "QueueName") == $"modupay-{name}-{spec.Name}");
            var dead = environment["Messaging"].All("AWS::SQS::Queue").Single(candidate => candidate.Text("Properties", "QueueName") == $"modupay-{name}-{spec.Name}-dead");
            Assert.Equal(spec.MaxReceives, (int)queue.At("Properties", "RedrivePolicy", "maxReceiveCount")!);
            Assert.Equal(dead.Id, queue.Text("Properties", "RedrivePolicy", "deadLetterTargetArn", "Fn::GetAtt", 0));
            var timeout = Manifest.Functions.Single(function => function.Name == spec.Consumer).TimeoutSeconds;
            Assert.Equal(6 * timeout, (int)queue.At("Properties", "VisibilityTimeout")!);

            var mapping = environment.All("AWS::Lambda::EventSourceMapping").Single(candidate => candidate.Mentions(queue.Id));
            Assert.Equal("ReportBatchItemFailures", mapping.Text("Properties", "FunctionResponseTypes", 0));
            Assert.Equal(spec.BatchSize, (int)mapping.At("Properties", "BatchSize")!);
            Assert.Equal(spec.MaxConcurrency, (int)mapping.At("Properties", "ScalingConfig", "MaximumConcurrency")!);
        }
    }

    [Theory]
    [MemberData(nameof(Environments))]
    public void No_bucket_is_public_or_unencrypted(string name)
    {
        foreach (var bucket in synthesis.Environments[name].All("AWS::S3::Bucket"))
        {
            foreach (var setting in new[] { "BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets" })
                Assert.Equal("true", bucket.Text("Properties", "PublicAccessBlockConfiguration", setting));
            Assert.Equal("aws:kms", bucket.Text("Properties", "BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "SSEAlgorithm"));
            Assert.Equal("Enabled", bucket.Text("Properties", "VersioningConfiguration", "Status"));
        }
    }

    [Fact]
    public void The_archive_of_production_cannot_be_changed_by_anyone_for_its_years()
    {
        foreach (var spec in Manifest.Buckets.Where(bucket => bucket.WriteOnceYears > 0))
        {
            var bucket = synthesis.Production.All("AWS::S3::Bucket").Single(candidate => candidate.Text("Properties", "BucketName")!.Contains(spec.Name));
            Assert.Equal("true", bucket.Text("Properties", "ObjectLockEnabled"));
            Assert.Equal("COMPLIANCE", bucket.Text("Properties", "ObjectLockConfiguration", "Rule", "DefaultRetention", "Mode"));
            Assert.True((int)bucket.At("Properties", "ObjectLockConfiguration", "Rule", "DefaultRetention", "Days")! >= 365.25 * spec.WriteOnceYears);
            Assert.Equal("Retain", bucket.Text("DeletionPolicy"));
        }
    }

    [Theory]
    [MemberData(nameof(Environments))]
    public void The_database_is_private_encrypted_and_can_go_back_to_any_second(string name)
    {
        var database = synthesis.Environments[name].All("AWS::RDS::DBInstance").Single();
        Assert.Equal("false", database.Text("Properties", "PubliclyAccessible"));
        Assert.Equal("true", database.Text("Properties", "StorageEncrypted"));
        Assert.True((int)database.At("Properties", "BackupRetentionPeriod")! >= 1);

        var proxy = synthesis.Environments[name].All("AWS::RDS::DBProxy").Single();
        Assert.Equal("true", proxy.Text("Properties", "RequireTLS"));
        Assert.Equal(3, proxy.At("Properties", "Auth")!.AsArray().Count);
    }

    [Fact]
    public void The_database_of_production_survives_a_data_centre_and_a_deleted_stack()
    {
        var database = synthesis.Production.All("AWS::RDS::DBInstance").Single();
        Assert.Equal("true", database.Text("Properties", "MultiAZ"));
        Assert.Equal("true", database.Text("Properties", "DeletionProtection"));
        Assert.Equal("Retain", database.Text("DeletionPolicy"));
        Assert.True((int)database.At("Properties", "BackupRetentionPeriod")! >= 35);
    }

    [Theory]
    [MemberData(nameof(Environments))]
    public void Each_database_role_has_a_generated_password_of_its_own(string name)
    {
        var roles = synthesis.Environments[name]["Data"].All("AWS::SecretsManager::Secret")
            .Select(secret => (string?)JsonNode.Parse(secret.Text("Properties", "GenerateSecretString", "SecretStringTemplate")!)!["username"]);
        Assert.Equal(["modupay_app", "modupay_owner", "modupay_relay"], roles.Order());
        Assert.All(synthesis.Environments[name]["Data"].All("AWS::SecretsManager::Secret"), secret =>
            Assert.Equal("password", secret.Text("Properties", "GenerateSecretString", "GenerateStringKey")));
    }

    [Theory]
    [MemberData(nameof(Environments))]
    public void Leases_expire_and_can_be_restored(string name)
    {
        foreach (var spec in Manifest.Tables)
        {
            var table = synthesis.Environments[name].All("AWS::DynamoDB::Table").Single(candidate => candidate.Text("Properties", "TableName") == $"modupay-{name}-{spec.Name}");
            Assert.Equal(spec.TimeToLive, table.Text("Properties", "TimeToLiveSpecification", "AttributeName"));
            Assert.Equal("true", table.Text("Properties", "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"));
        }
    }

    [Theory]
    [MemberData(nameof(Environments))]
    public void Somebody_is_told_of_every_function_queue_and_workflow_that_fails(string name)
    {
        var alarms = synthesis.Environments[name]["Observability"].All("AWS::CloudWatch::Alarm").ToList();
        Assert.All(alarms, alarm => Assert.NotNull(alarm.At("Properties", "AlarmActions", 0)));

        foreach (var function in Manifest.Functions)
        {
            Assert.Contains(alarms, alarm => Watches(alarm, "Errors", function.Name));
            Assert.Contains(alarms, alarm => Watches(alarm, "Throttles", function.Name));
        }
        foreach (var queue in Manifest.Queues)
        {
            Assert.Contains(alarms, alarm => Watches(alarm, "ApproximateNumberOfMessagesVisible", $"{queue.Name}-dead") && alarm.Text("Properties", "Threshold") == "1");
            Assert.Contains(alarms, alarm => Watches(alarm, "ApproximateAgeOfOldestMessage", queue.Name));
        }
        foreach (var schedule in Manifest.Schedules) Assert.Contains(alarms, alarm => Watches(alarm, "Invocations", schedule.Function));
        foreach (var workflow in Manifest.Workflows)
            Assert.Contains(alarms, alarm => alarm.Text("Properties", "MetricName") == "ExecutionsFailed" && alarm.Text("Properties", "Dimensions", 0, "Value")!.EndsWith($":modupay-{name}-{workflow.Name}", StringComparison.Ordinal));

        bool Watches(Resource alarm, string metric, string resource) =>
            alarm.Text("Properties", "MetricName") == metric && alarm.Text("Properties", "Dimensions", 0, "Value") == $"modupay-{name}-{resource}";
    }

    [Theory]
    [MemberData(nameof(Environments))]
    public void A_workflow_is_given_every_function_it_names_and_may_invoke_no_other(string name)
    {
        foreach (var machine in synthesis.Environments[name].All("AWS::StepFunctions::StateMachine"))
        {
            var definition = machine.Text("Properties", "DefinitionString")!;
            var file = Directory.GetFiles(Repository.Path("src", "Modupay"), machine.Text("Properties", "StateMachineName")!.Replace($"modupay-{name}-", "") + ".asl.json", SearchOption.AllDirectories).First();
            Assert.Equal(File.ReadAllText(file), definition);
            var given = machine.At("Properties", "DefinitionSubstitutions")!.AsObject();
            Assert.NotEmpty(given);
            Assert.All(given, substitution => Assert.Contains($"${{{substitution.Key}}}", definition));

            var role = synthesis.Environments[name]["Workflows"].All("AWS::IAM::Role").Single(candidate => candidate.Text("Properties", "RoleName") == machine.Text("Properties", "StateMachineName"));
            var invokes = role.At("Properties", "Policies", 0, "PolicyDocument", "Statement")!.AsArray().Single(statement => statement!["Action"]!.ToJsonString().Contains("lambda:InvokeFunction"));
            Assert.Equal(given.Single().Value!.ToJsonString(), invokes!["Resource"]!.ToJsonString());
        }
    }

    [Fact]
    public void A_schedule_sends_its_name_in_the_shape_of_the_sample()
    {
        var sample = JsonNode.Parse(File.ReadAllText(Repository.Path("events", "triggers", "schedule.outbox-sweep.json")))!.AsObject();
        foreach (var schedule in Manifest.Schedules)
        {
            var rule = synthesis.Production.All("AWS::Events::Rule").Single(candidate => candidate.Text("Properties", "Name") == $"modupay-prod-{schedule.Name}");
            var sent = rule.Text("Properties", "Targets", 0, "InputTransformer", "InputTemplate")!;
            Assert.Equal(string.Join(',', sample.Select(member => member.Key)), string.Join(',', Members(sent)));
            Assert.Contains($"\"schedule\":\"{schedule.Name}\"", sent);
        }

        // The template is not JSON yet: EventBridge puts quoted values in place of <f1>.
        static IEnumerable<string> Members(string template) => template.Trim('{', '}').Split(',').Select(member => member.Split(':')[0].Trim('"'));
    }

    [Fact]
    public void A_new_version_of_the_api_starts_with_a_tenth_of_productions_traffic()
    {
        var group = synthesis.Production.All("AWS::CodeDeploy::DeploymentGroup").Single();
        Assert.Contains("LambdaCanary10Percent5Minutes", group.At("Properties", "DeploymentConfigName")!.ToJsonString());
        Assert.Equal("true", group.Text("Properties", "AlarmConfiguration", "Enabled"));
    }

    [Fact]
    public void Only_functions_that_talk_to_the_outside_have_a_route_there()
    {
        foreach (var spec in Manifest.Functions)
        {
            var subnets = synthesis.Production.Functions[spec.Name].At("Properties", "VpcConfig", "SubnetIds")!.ToJsonString();
            Assert.Contains(spec.Needs.HasFlag(Needs.Internet) ? "outgoingSubnet" : "insideSubnet", subnets, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [MemberData(nameof(Environments))]
    public void No_function_runs_on_a_retired_runtime(string name) =>
        Assert.All(synthesis.Environments[name].All("AWS::Lambda::Function"), function => Assert.Contains(function.Text("Properties", "Runtime"), new[] { "dotnet10", "nodejs22.x" }));

    [Theory]
    [MemberData(nameof(Environments))]
    public void Migrations_run_again_with_every_version_of_the_code_and_before_its_functions(string name)
    {
        var environment = synthesis.Environments[name];
        var migrations = environment["Migration"].All("Custom::ModupayMigrations").Single();
        Assert.Matches("^[0-9a-f]{64}$", migrations.Text("Properties", "CodeHash"));

        var functions = environment.Assembly["artifacts"]![$"Modupay-{name}-Functions"]!["dependencies"]!.AsArray().Select(dependency => (string?)dependency);
        Assert.Contains($"Modupay-{name}-Migration", functions);
    }

    [Fact]
    public void The_firewall_and_the_distribution_are_where_cloudfront_wants_them()
    {
        Assert.Equal("aws://123456789012/us-east-1", (string?)synthesis.Production.Assembly["artifacts"]!["Modupay-prod-Edge"]!["environment"]);
        Assert.Equal("CLOUDFRONT", synthesis.Production["Edge"].All("AWS::WAFv2::WebACL").Single().Text("Properties", "Scope"));
        Assert.NotNull(synthesis.Production["Edge"].All("AWS::CloudFront::Distribution").Single().At("Properties", "DistributionConfig", "WebACLId"));
    }

    [Theory]
    [MemberData(nameof(Environments))]
    public void Cloudfront_proves_itself_with_a_secret_that_is_generated_and_that_the_api_reads(string name)
    {
        var environment = synthesis.Environments[name];
        var secrets = environment["Api"].All("AWS::SecretsManager::Secret").ToDictionary(secret => secret.Text("Properties", "Name")!, StringComparer.Ordinal);
        Assert.Equal(Manifest.EdgeSecrets.Select(secret => $"modupay/{name}/{secret}"), secrets.Keys.Order(StringComparer.Ordinal));
        Assert.All(secrets.Values, secret =>
        {
            Assert.Equal(64, (int)secret.At("Properties", "GenerateSecretString", "PasswordLength")!);
            // CloudFormation resolves a name in the region of the stack that uses it.
            Assert.Equal("us-east-1", secret.Text("Properties", "ReplicaRegions", 0, "Region"));
        });

        var origin = environment["Edge"].All("AWS::CloudFront::Distribution").Single().At("Properties", "DistributionConfig", "Origins", 0)!;
        var header = origin["OriginCustomHeaders"]!.AsArray().Single()!;
        Assert.Equal(Manifest.EdgeHeader, (string?)header["HeaderName"]);
        Assert.StartsWith($"{{{{resolve:secretsmanager:modupay/{name}/{Manifest.EdgeSecrets[0]}:SecretString:", (string?)header["HeaderValue"], StringComparison.Ordinal);
        Assert.Equal($"modupay/{name}", environment.Functions["api"].Text("Properties", "Environment", "Variables", "SECRET_PREFIX"));
    }

    [Fact]
    public void Only_production_prepares_for_a_hardware_security_module() =>
        Assert.Equal(["prod"], synthesis.Environments.Values.Where(environment => environment.Stacks.Any(stack => stack.Name == "Hsm")).Select(environment => environment.Name));
}
