using System.Text.Json;
using System.Text.Json.Serialization;

namespace Modupay.Jobs;

/// <summary>The order to run one job for one tenant.</summary>
internal sealed record TenantJobMessage(string Job, string Tenant)
{
    public static string Text(string job, TenantId tenant) => JsonSerializer.Serialize(new TenantJobMessage(job, tenant.ToString()), JobsJson.Default.TenantJobMessage);

    public static (string Name, TenantJob Job, TenantId Tenant) Parse(string text)
    {
        var message = JsonSerializer.Deserialize(text, JobsJson.Default.TenantJobMessage) ?? throw new JsonException("The message is null.");
        if (!Id.TryParse<TenantId>(message.Tenant, out var tenant)) throw new JsonException("The message names no tenant.");
        return TenantJobs.All.TryGetValue(message.Job, out var job) ? (message.Job, job, tenant) : throw new JsonException($"No job is called {message.Job}.");
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TenantJobMessage))]
[JsonSerializable(typeof(int))]
internal sealed partial class JobsJson : JsonSerializerContext;
