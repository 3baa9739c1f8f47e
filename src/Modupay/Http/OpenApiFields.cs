using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Modupay.Http;

/// <summary>
/// What the document says of a field beside the comment on it: the words it can hold, and what means the same wherever it stands and has no comment.
/// </summary>
internal static class OpenApiFields
{
    private static readonly Dictionary<string, string> Everywhere = new(StringComparer.Ordinal)
    {
        ["success"] = "`true` in an answer, `false` in a refusal.",
        ["data"] = "What was asked for.",
        ["meta"] = "Of the answer itself: which request it is to, and where a list goes on.",
        ["createdAt"] = "When it was made (UTC).",
        ["updatedAt"] = "When it last changed (UTC).",
        ["name"] = "Its name, for people.",
        ["currency"] = "ISO 4217 code, such as `EUR`.",
        ["organization"] = "The organization (`org_…`).",
        ["bankProfile"] = "The bank profile (`bp_…`).",
        ["treasuryAccount"] = "The treasury account (`ta_…`).",
        // The framework's generator takes a property of this name for an indexer, and its comment for nobody's.
        ["item"] = "The expected item (`xi_…`).",
        ["slice"] = "The slice (`sl_…`).",
        ["webhookEndpoint"] = "The webhook endpoint (`we_…`).",
    };

    /// <param name="shapes">The type behind each shape of the document.</param>
    public static void Complete(OpenApiDocument document, IReadOnlyDictionary<string, Type> shapes)
    {
        foreach (var (name, schema) in document.Components?.Schemas ?? new Dictionary<string, IOpenApiSchema>())
        {
            if (!shapes.TryGetValue(name, out var shape)) continue;
            foreach (var (field, property) in schema.Properties ?? new Dictionary<string, IOpenApiSchema>()) Describe(property, Everywhere.GetValueOrDefault(field));
            foreach (var (field, words) in ClosedSets.Of(shape))
            {
                if (schema.Properties is not { } properties || !properties.TryGetValue(field, out var found) || found is not OpenApiSchema property) throw new InvalidOperationException($"{name} has no text {field} for a closed set of words.");
                Close(property, words);
            }
        }
    }

    /// <summary>Only these words: the field's, or each item's of a list.</summary>
    public static void Close(OpenApiSchema schema, IReadOnlyList<string> words)
    {
        var closed = schema.Items as OpenApiSchema ?? schema;
        closed.Enum = [.. words.Select(word => JsonValue.Create(word))];
        if (closed.Type is { } type && type.HasFlag(JsonSchemaType.Null)) closed.Enum.Add(JsonNullSentinel.JsonNull);
    }

    private static void Describe(IOpenApiSchema property, string? otherwise)
    {
        switch (property)
        {
            case OpenApiSchemaReference reference:
                reference.Reference.Description ??= otherwise;
                break;
            // A shape that may be null. What the comment says is of the field, not of the shape.
            case OpenApiSchema { OneOf: [_, OpenApiSchemaReference inner] } choice:
                choice.Description ??= inner.Reference.Description ?? otherwise;
                inner.Reference.Description = null;
                break;
            case OpenApiSchema schema:
                schema.Description ??= otherwise;
                break;
        }
    }
}
