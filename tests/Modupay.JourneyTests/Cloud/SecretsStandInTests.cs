using System.Text.Json.Nodes;
using Modupay.Local.Cloud;

namespace Modupay.JourneyTests.Cloud;

public sealed class SecretsStandInTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create();
    private SecretsStandIn _secrets = null!;
    private AwsJsonCaller _aws = null!;

    public Task InitializeAsync() => RestartAsync("first");

    [Fact]
    public async Task A_declared_secret_is_made_once_and_keeps_its_value_across_a_restart()
    {
        Assert.Equal("first", (string?)(await GetAsync("database/app"))["SecretString"]);

        await RestartAsync("second");

        Assert.Equal("first", (string?)(await GetAsync("database/app"))["SecretString"]);
        Assert.Equal("first", _secrets.Value("database/app"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder.Path, "secrets.json")));
    }

    [Fact]
    public async Task A_new_value_becomes_current_and_the_old_one_previous()
    {
        var put = await _aws.CallAsync("PutSecretValue", new JsonObject { ["SecretId"] = "database/app", ["SecretString"] = "new" });

        Assert.Equal(["AWSCURRENT"], Stages(put));
        Assert.Equal("new", (string?)(await GetAsync("database/app"))["SecretString"]);
        Assert.Equal("first", (string?)(await GetAsync("database/app", "AWSPREVIOUS"))["SecretString"]);
    }

    [Fact]
    public async Task A_rotation_is_prepared_as_pending_and_then_moved_into_place()
    {
        var before = (string)(await GetAsync("database/app"))["VersionId"]!;
        await _aws.CallAsync("PutSecretValue", new JsonObject { ["SecretId"] = "database/app", ["SecretString"] = "next", ["ClientRequestToken"] = "v2", ["VersionStages"] = new JsonArray("AWSPENDING") });
        Assert.Equal("first", (string?)(await GetAsync("database/app"))["SecretString"]);
        Assert.Equal("next", (string?)(await GetAsync("database/app", "AWSPENDING"))["SecretString"]);

        // Without naming the version that has the label now, somebody else's move could be undone.
        Assert.Equal("InvalidParameterException", await _aws.RefusedAsync("UpdateSecretVersionStage", new JsonObject { ["SecretId"] = "database/app", ["VersionStage"] = "AWSCURRENT", ["MoveToVersionId"] = "v2" }));
        await _aws.CallAsync("UpdateSecretVersionStage", new JsonObject { ["SecretId"] = "database/app", ["VersionStage"] = "AWSCURRENT", ["MoveToVersionId"] = "v2", ["RemoveFromVersionId"] = before });

        Assert.Equal("next", (string?)(await GetAsync("database/app"))["SecretString"]);
        var stages = (await _aws.CallAsync("DescribeSecret", new JsonObject { ["SecretId"] = "database/app" }))["VersionIdsToStages"]!;
        Assert.Equal("""["AWSPREVIOUS"]""", stages[before]!.ToJsonString());
        Assert.Equal("""["AWSCURRENT","AWSPENDING"]""", stages["v2"]!.ToJsonString());
    }

    [Fact]
    public async Task A_request_sent_twice_has_one_effect_and_another_value_under_its_token_is_refused()
    {
        var request = new JsonObject { ["SecretId"] = "database/app", ["SecretString"] = "once", ["ClientRequestToken"] = "token" };
        await _aws.CallAsync("PutSecretValue", request);
        await _aws.CallAsync("PutSecretValue", request);
        Assert.Equal("first", (string?)(await GetAsync("database/app", "AWSPREVIOUS"))["SecretString"]);

        request["SecretString"] = "another";
        Assert.Equal("ResourceExistsException", await _aws.RefusedAsync("PutSecretValue", request));
    }

    [Fact]
    public async Task A_secret_is_found_by_name_arn_and_arn_without_its_ending()
    {
        var arn = (string)(await GetAsync("database/app"))["ARN"]!;
        Assert.StartsWith("arn:aws:secretsmanager:eu-central-1:000000000000:secret:database/app-", arn, StringComparison.Ordinal);
        foreach (var id in new[] { "database/app", arn, arn[..^7] }) Assert.Equal(arn, (string?)(await GetAsync(id))["ARN"]);
        Assert.Equal("ResourceNotFoundException", await _aws.RefusedAsync("GetSecretValue", new JsonObject { ["SecretId"] = "database" }));
    }

    [Fact]
    public async Task A_binary_secret_is_created_listed_and_deleted()
    {
        await _aws.CallAsync("CreateSecret", new JsonObject { ["Name"] = "bank/key", ["SecretBinary"] = "AQID", ["Description"] = "from the bank" });
        Assert.Equal("AQID", (string?)(await GetAsync("bank/key"))["SecretBinary"]);
        Assert.Equal("ResourceExistsException", await _aws.RefusedAsync("CreateSecret", new JsonObject { ["Name"] = "bank/key", ["SecretString"] = "x" }));
        var page = await _aws.CallAsync("ListSecrets", new JsonObject { ["MaxResults"] = 1 });
        Assert.Equal("bank/key", (string?)page["SecretList"]![0]!["Name"]);
        var next = await _aws.CallAsync("ListSecrets", new JsonObject { ["NextToken"] = (string?)page["NextToken"] });
        Assert.Equal("database/app", (string?)next["SecretList"]![0]!["Name"]);

        await _aws.CallAsync("DeleteSecret", new JsonObject { ["SecretId"] = "bank/key", ["RecoveryWindowInDays"] = 7 });
        Assert.Equal("InvalidRequestException", await _aws.RefusedAsync("GetSecretValue", new JsonObject { ["SecretId"] = "bank/key" }));
        await _aws.CallAsync("DeleteSecret", new JsonObject { ["SecretId"] = "bank/key", ["ForceDeleteWithoutRecovery"] = true });
        Assert.Equal("ResourceNotFoundException", await _aws.RefusedAsync("GetSecretValue", new JsonObject { ["SecretId"] = "bank/key" }));
    }

    [Fact]
    public async Task What_is_not_emulated_is_refused_rather_than_ignored()
    {
        Assert.Equal("UnknownOperationException", await _aws.RefusedAsync("ReplicateSecretToRegions", new JsonObject { ["SecretId"] = "database/app" }));
        Assert.Equal("InvalidRequestException", await _aws.RefusedAsync("RotateSecret", new JsonObject { ["SecretId"] = "database/app" }));
        Assert.Equal("InvalidParameterException", await _aws.RefusedAsync("CreateSecret", new JsonObject { ["Name"] = "x", ["SecretString"] = "x", ["KmsKeyId"] = "alias/data" }));
        Assert.Equal("InvalidParameterException", await _aws.RefusedAsync("GetSecretValue", []));
        Assert.Equal("InvalidParameterException", await _aws.RefusedAsync("GetSecretValue", new JsonObject { ["SecretId"] = 5 }));
    }

    public async Task DisposeAsync() => await _secrets.DisposeAsync();

    public void Dispose()
    {
        _aws.Dispose();
        _folder.Dispose();
    }

    private async Task RestartAsync(string value)
    {
        if (_secrets is not null) await _secrets.DisposeAsync();
        _secrets = await SecretsStandIn.StartAsync(new SecretsOptions(_folder.Path) { Secrets = new Dictionary<string, Func<string>> { ["database/app"] = () => value } }, CancellationToken.None);
        _aws = new(_secrets.Url, "secretsmanager", "1.1");
    }

    private Task<JsonObject> GetAsync(string id, string? stage = null)
    {
        var request = new JsonObject { ["SecretId"] = id };
        if (stage is not null) request["VersionStage"] = stage;
        return _aws.CallAsync("GetSecretValue", request);
    }

    private static IEnumerable<string> Stages(JsonObject answer) => answer["VersionStages"]!.AsArray().Select(stage => (string)stage!);
}
