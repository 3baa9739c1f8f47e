using System.Text.Json.Serialization;

namespace Modupay.Aws;

/// <summary>AWS Secrets Manager, read only: a function never writes a secret.</summary>
internal sealed class SecretsClient(AwsJsonClient client)
{
    /// <summary>The current text of the secret with this name or ARN. A missing one is <c>ResourceNotFoundException</c>.</summary>
    public async Task<string> GetSecretValueAsync(string secretId, CancellationToken ct)
    {
        var answer = await client.SendAsync("GetSecretValue", new GetSecretValueRequest(secretId), SecretsJson.Default.GetSecretValueRequest, SecretsJson.Default.GetSecretValueResponse, ct);
        return answer.SecretString ?? throw new InvalidOperationException($"The secret {secretId} is binary, and only text is expected.");
    }
}

internal sealed record GetSecretValueRequest(string SecretId);
internal sealed record GetSecretValueResponse(string? SecretString);

[JsonSerializable(typeof(GetSecretValueRequest))]
[JsonSerializable(typeof(GetSecretValueResponse))]
internal sealed partial class SecretsJson : JsonSerializerContext;
