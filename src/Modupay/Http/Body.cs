using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Modupay.Http;

/// <summary>A request body as a value, or why it is none, together with the fingerprint by which a repeated request is recognised.</summary>
internal sealed record Body<T>(Result<T> Content, byte[] Fingerprint) where T : class
{
    private const int MaxBytes = 256 * 1024;
    // What the serializer allows when nobody says otherwise.
    private const int MaxDepth = 64;

    public static async ValueTask<Body<T>> BindAsync(HttpContext context)
    {
        var request = context.Request;
        if (!request.HasJsonContentType()) return Refused(Errors.UnsupportedMediaType, "The Content-Type must be application/json.");
        if (await RequestBytes.ReadAsync(request, MaxBytes, context.RequestAborted) is not { } bytes) return Refused(Errors.BodyTooLarge, $"At most {MaxBytes} bytes are read.");

        var fingerprint = Http.Fingerprint.Of(request, bytes);
        var options = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        var type = (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
        try
        {
            if (JsonSerializer.Deserialize(bytes, type) is not { } value) return Refused(Errors.InvalidJson, "The body is null.");
            return Unwanted(bytes) is { } unwanted ? Refused(unwanted.Error, unwanted.Detail) : new(value, fingerprint);
        }
        catch (JsonException exception)
        {
            return BodyMembers.Wrong(bytes, type) is { Count: > 0 } members
                ? Refused(Errors.InvalidJson, "Members are missing or unknown.", members)
                : Refused(Errors.InvalidJson, Describe(exception));
        }
    }

    /// <summary>
    /// The serializer refuses null for a property that may not be null, but not for an item of a list, and no list of ours has gaps. U+0000 is a character
    /// everywhere but in PostgreSQL, and numbers have no end but there. Both matter where any JSON may stand.
    /// </summary>
    private static Problem? Unwanted(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        Span<bool> isList = stackalloc bool[MaxDepth + 2];
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject) isList[reader.CurrentDepth + 1] = reader.TokenType is JsonTokenType.StartArray;
            else if (reader.TokenType is JsonTokenType.Null && isList[reader.CurrentDepth]) return new Problem(Errors.InvalidJson, "An item of a list is null.");
            else if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped && !CanBeKept(ref reader))
                return new Problem(Errors.InvalidRequest, "A text has a character that cannot be kept: U+0000, or half of a pair.");
            else if (reader.TokenType is JsonTokenType.Number && !IsOrdinary(reader.ValueSpan)) return new Problem(Errors.InvalidRequest, "A number is too large, too small or too long.");
        }
        return null;
    }

    private static bool IsOrdinary(ReadOnlySpan<byte> number)
    {
        var at = number.IndexOfAny((byte)'e', (byte)'E');
        return number.Length <= 100 && (at < 0 || (Utf8Parser.TryParse(number[(at + 1)..], out int exponent, out _) && exponent is >= -100 and <= 100));
    }

    private static bool CanBeKept(ref Utf8JsonReader reader)
    {
        try
        {
            return !reader.GetString()!.Contains('\0');
        }
        catch (InvalidOperationException)
        {
            // The reader's word for half of a surrogate pair. Where any JSON may stand nobody has looked before.
            return false;
        }
    }

    /// <summary>Says where, and never quotes what was sent: it may hold an IBAN or a name.</summary>
    private static string Describe(JsonException exception) => exception.Path is { Length: > 1 } path
        ? $"The value at {path} is not of the documented type."
        : $"The JSON cannot be read at line {(exception.LineNumber ?? 0) + 1}, byte {(exception.BytePositionInLine ?? 0) + 1}.";

    private static Body<T> Refused(Error error, string detail, IReadOnlyList<FieldProblem>? fields = null) => new(new Problem(error, detail, fields), []);
}
