using System.Text.Json;
using System.Text.Json.Serialization;

namespace Modupay.Http;

/// <summary>Every type that crosses the API, known at build time.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ErrorEnvelope))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    public static void Configure(JsonSerializerOptions options)
    {
        // Without Strict a 64-bit integer is documented as "integer or string".
        options.NumberHandling = JsonNumberHandling.Strict;
        options.TypeInfoResolverChain.Insert(0, Default);
        options.TypeInfoResolverChain.Add(Notifications.NotificationsJson.Default);
    }
}
