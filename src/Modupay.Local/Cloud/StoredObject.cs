using System.Globalization;
using System.Text.Json.Nodes;

namespace Modupay.Local.Cloud;

/// <summary>What the object store knows about an object besides its bytes, which lie in the file named by <paramref name="Data"/>.</summary>
internal sealed record StoredObject(string Key, string Data, long Size, string ETag, DateTimeOffset LastModified, string Sequencer, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>Name (<c>crc32</c>) and base64 value of the checksum the sender gave, if it was of the whole object.</summary>
    public (string Algorithm, string Value)? Checksum { get; init; }

    public Retention? Retention { get; init; }

    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["key"] = Key,
            ["data"] = Data,
            ["size"] = Size,
            ["etag"] = ETag,
            ["lastModified"] = Instant(LastModified),
            ["sequencer"] = Sequencer,
            ["headers"] = new JsonObject(Headers.Select(header => KeyValuePair.Create(header.Key, (JsonNode?)header.Value))),
        };
        if (Checksum is var (algorithm, value)) json["checksum"] = new JsonObject { ["algorithm"] = algorithm, ["value"] = value };
        if (Retention is not null) json["retention"] = new JsonObject { ["mode"] = Retention.Mode, ["until"] = Instant(Retention.Until) };
        return json;
    }

    public static StoredObject FromJson(JsonNode json) => new(
        (string)json["key"]!, (string)json["data"]!, (long)json["size"]!, (string)json["etag"]!, Instant(json["lastModified"]!), (string)json["sequencer"]!,
        json["headers"]!.AsObject().ToDictionary(header => header.Key, header => (string)header.Value!, StringComparer.OrdinalIgnoreCase))
    {
        Checksum = json["checksum"] is { } checksum ? ((string)checksum["algorithm"]!, (string)checksum["value"]!) : null,
        Retention = json["retention"] is { } retention ? new((string)retention["mode"]!, Instant(retention["until"]!)) : null,
    };

    private static string Instant(DateTimeOffset at) => at.ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset Instant(JsonNode at) => DateTimeOffset.Parse((string)at!, CultureInfo.InvariantCulture);
}

/// <summary>Until when nobody may remove or replace the object.</summary>
internal sealed record Retention(string Mode, DateTimeOffset Until);

/// <summary>A bucket to have. <paramref name="WriteOnceYears"/> above zero turns on Object Lock in compliance mode for that long.</summary>
internal sealed record LocalBucket(string Name, int WriteOnceYears = 0);

/// <summary>The news that an object is there, with what EventBridge's <c>Object Created</c> event says about it.</summary>
internal sealed record ObjectNews(string Bucket, string Key, long Size, string ETag, string Sequencer, string Reason, DateTimeOffset At);
