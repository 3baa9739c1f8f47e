using System.Text.Json;
using System.Text.Json.Serialization;

namespace Modupay.Kernel;

/// <summary>Every instant we write ends in Z. The serializer's own form of the same instant, <c>+00:00</c>, is read as well as any other offset.</summary>
internal sealed class UtcInstants : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(value.UtcDateTime);
}
