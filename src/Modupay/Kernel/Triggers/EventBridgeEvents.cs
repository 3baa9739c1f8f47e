using System.Text.Json.Serialization;

namespace Modupay.Triggers;

/// <summary>The EventBridge envelope. <c>Id</c> stays the same over redeliveries of the same event.</summary>
internal sealed record EventBridgeEvent<TDetail>(
    string Version,
    string Id,
    [property: JsonPropertyName("detail-type")] string DetailType,
    string Source,
    string Account,
    DateTimeOffset Time,
    string Region,
    IReadOnlyList<string> Resources,
    TDetail Detail);

/// <summary>The detail of <c>Object Created</c> from <c>aws.s3</c>.</summary>
internal sealed record ObjectCreated(
    string Version,
    S3Bucket Bucket,
    S3Object Object,
    [property: JsonPropertyName("request-id")] string? RequestId = null,
    string? Requester = null,
    string? Reason = null);

internal sealed record S3Bucket(string Name);

/// <summary><c>Key</c> is as it was written: unlike S3's own notifications, EventBridge does not URL-encode it. Later writes to a key have a greater sequencer.</summary>
internal sealed record S3Object(
    string Key,
    long Size,
    string? Etag = null,
    [property: JsonPropertyName("version-id")] string? VersionId = null,
    string? Sequencer = null);

/// <summary>What our schedules send: their manifest name and the minute they were due, so that a run can be told from its repetition.</summary>
internal sealed record ScheduledRun(string Schedule, DateTimeOffset ScheduledAt);
