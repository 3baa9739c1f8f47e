using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Modupay.Http;

/// <summary>
/// An answer in the envelope. The data is serialised once, so that what is stored under an idempotency key and what is sent are the same bytes.
/// </summary>
internal sealed class Reply : IResult
{
    private static readonly JsonWriterOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly int _status;
    private readonly byte[]? _data;
    private readonly Problem? _problem;
    private readonly string? _nextCursor;
    private readonly bool _replayed;

    private Reply(int status, byte[]? data, Problem? problem, string? nextCursor, bool replayed) =>
        (_status, _data, _problem, _nextCursor, _replayed) = (status, data, problem, nextCursor, replayed);

    public static Reply Ok<T>(T data, JsonTypeInfo<T> type, string? nextCursor = null, int status = 200) => new(status, Bytes(data, type), null, nextCursor, false);

    /// <summary>The data as it is sent. A name is written with its own letters: escaping them is for JSON inside HTML, and nothing of ours is.</summary>
    public static byte[] Bytes<T>(T data, JsonTypeInfo<T> type)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes, Format)) JsonSerializer.Serialize(writer, data, type);
        return bytes.WrittenSpan.ToArray();
    }

    public static Reply Of<T>(Result<T> result, JsonTypeInfo<T> type) => result.Problem is { } refused ? Refused(refused) : Ok(result.Value, type);

    public static Reply Refused(Problem problem) => new(problem.Error.Status, null, problem, null, false);

    public static Reply Stored(StoredAnswer answer) => new(answer.Status, answer.Data, null, null, answer.Replayed);

    public async Task ExecuteAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = _status;
        response.ContentType = _problem is null ? "application/json; charset=utf-8" : "application/problem+json; charset=utf-8";
        if (_replayed) response.Headers["Idempotency-Replayed"] = "true";
        if (_problem?.Error == Errors.Unauthenticated) response.Headers.WWWAuthenticate = "Bearer";
        if (_problem?.Error == Errors.Unavailable) response.Headers.RetryAfter = "1";
        if (_problem?.RetryAfter is { } wait) response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString();

        // Written into the pipe without an intermediate buffer; the writer is flushed once at the end.
        await using var writer = new Utf8JsonWriter(response.BodyWriter, Format);
        writer.WriteStartObject();
        writer.WriteBoolean("success"u8, _problem is null);
        if (_problem is { } problem) WriteError(writer, problem);
        else
        {
            writer.WritePropertyName("data"u8);
            writer.WriteRawValue(_data, skipInputValidation: true);
        }
        writer.WriteStartObject("meta"u8);
        writer.WriteString("requestId"u8, RequestIds.Of(context));
        writer.WriteString("timestamp"u8, RequestIds.Time(context).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));
        if (_nextCursor is not null) writer.WriteString("nextCursor"u8, _nextCursor);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteError(Utf8JsonWriter writer, Problem problem)
    {
        writer.WriteStartObject("error"u8);
        writer.WriteString("type"u8, "https://modupay.dev/errors/" + problem.Error.Code);
        writer.WriteString("code"u8, problem.Error.Code);
        writer.WriteString("title"u8, problem.Error.Title);
        writer.WriteNumber("status"u8, problem.Error.Status);
        writer.WriteString("detail"u8, problem.Detail);
        if (problem.Fields is { Count: > 0 } fields)
        {
            writer.WriteStartArray("errors"u8);
            foreach (var field in fields)
            {
                writer.WriteStartObject();
                writer.WriteString("field"u8, field.Field);
                writer.WriteString("code"u8, field.Code);
                writer.WriteString("message"u8, field.Message);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }
}

/// <summary>The answer to a request that had an effect: its status, its data, and whether it was given before.</summary>
internal sealed record StoredAnswer(int Status, byte[] Data, bool Replayed);
