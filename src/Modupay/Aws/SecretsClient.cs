using System.Text.Json.Serialization;

namespace Modupay.Aws;

/// <summary>AWS Secrets Manager. Functions read; only the one that rotates secrets also writes.</summary>
internal sealed class SecretsClient(AwsJsonClient client)
{
    public const string Current = "AWSCURRENT";
    public const string Pending = "AWSPENDING";

    /// <summary>The current text of the secret with this name or ARN. A missing one is <c>ResourceNotFoundException</c>.</summary>
    public Task<string> GetSecretValueAsync(string secretId, CancellationToken ct) => GetSecretValueAsync(new GetSecretValueRequest(secretId), ct);

    /// <summary>The text of one version.</summary>
    public Task<string> GetSecretValueAsync(string secretId, string versionId, CancellationToken ct) => GetSecretValueAsync(new GetSecretValueRequest(secretId, versionId), ct);

    /// <summary>The stages of every version, by its id.</summary>
    public async Task<IReadOnlyDictionary<string, string[]>> StagesAsync(string secretId, CancellationToken ct)
    {
        var answer = await client.SendAsync("DescribeSecret", new DescribeSecretRequest(secretId), SecretsJson.Default.DescribeSecretRequest, SecretsJson.Default.DescribeSecretResponse, ct);
        return answer.VersionIdsToStages ?? [];
    }

    /// <summary>Adds a version under the token's id. The same value again changes nothing.</summary>
    public Task PutPendingAsync(string secretId, string token, string text, CancellationToken ct) => client.SendAsync("PutSecretValue",
        new PutSecretValueRequest(secretId, token, text, [Pending]), SecretsJson.Default.PutSecretValueRequest, SecretsJson.Default.SecretVersionResponse, ct);

    /// <summary>Makes a version the current one, and the one that was, the previous.</summary>
    public Task MakeCurrentAsync(string secretId, string version, string? instead, CancellationToken ct) => client.SendAsync("UpdateSecretVersionStage",
        new UpdateSecretVersionStageRequest(secretId, Current, version, instead), SecretsJson.Default.UpdateSecretVersionStageRequest, SecretsJson.Default.SecretVersionResponse, ct);

    /// <summary>A new value at once, from whoever holds the credential.</summary>
    public Task PutCurrentAsync(string secretId, string text, CancellationToken ct) => client.SendAsync("PutSecretValue",
        new PutSecretValueRequest(secretId, Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString(), text, [Current]), SecretsJson.Default.PutSecretValueRequest, SecretsJson.Default.SecretVersionResponse, ct);

    /// <summary>Starts a rotation; it goes on by itself.</summary>
    public Task RotateSecretAsync(string secretId, CancellationToken ct) =>
        client.SendAsync("RotateSecret", new RotateSecretRequest(secretId), SecretsJson.Default.RotateSecretRequest, SecretsJson.Default.SecretVersionResponse, ct);

    private async Task<string> GetSecretValueAsync(GetSecretValueRequest request, CancellationToken ct)
    {
        var answer = await client.SendAsync("GetSecretValue", request, SecretsJson.Default.GetSecretValueRequest, SecretsJson.Default.GetSecretValueResponse, ct);
        return answer.SecretString ?? throw new InvalidOperationException($"The secret {request.SecretId} is binary, and only text is expected.");
    }
}

internal sealed record GetSecretValueRequest(string SecretId, string? VersionId = null);
internal sealed record GetSecretValueResponse(string? SecretString);
internal sealed record DescribeSecretRequest(string SecretId);
internal sealed record DescribeSecretResponse(Dictionary<string, string[]>? VersionIdsToStages);
internal sealed record PutSecretValueRequest(string SecretId, string ClientRequestToken, string SecretString, string[] VersionStages);
internal sealed record UpdateSecretVersionStageRequest(string SecretId, string VersionStage, string MoveToVersionId, string? RemoveFromVersionId);
internal sealed record RotateSecretRequest(string SecretId);
internal sealed record SecretVersionResponse(string? Name);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GetSecretValueRequest))]
[JsonSerializable(typeof(GetSecretValueResponse))]
[JsonSerializable(typeof(DescribeSecretRequest))]
[JsonSerializable(typeof(DescribeSecretResponse))]
[JsonSerializable(typeof(PutSecretValueRequest))]
[JsonSerializable(typeof(UpdateSecretVersionStageRequest))]
[JsonSerializable(typeof(RotateSecretRequest))]
[JsonSerializable(typeof(SecretVersionResponse))]
internal sealed partial class SecretsJson : JsonSerializerContext;
