using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Modupay.Http;

/// <summary>
/// Which members a body lacks and which it has too many, by their names. The serializer stops at the first and says of a missing one only where its
/// object ends. Asked only once a body was refused.
/// </summary>
internal static class BodyMembers
{
    private const int Most = 20;

    public static List<FieldProblem> Wrong(ReadOnlyMemory<byte> json, JsonTypeInfo type)
    {
        var problems = new List<FieldProblem>();
        try
        {
            using var document = JsonDocument.Parse(json);
            Compare(document.RootElement, type, "", problems);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // No JSON at all, or names with half a surrogate pair: there are no members to speak of, and the serializer has said where it stopped.
        }
        return problems;
    }

    private static void Compare(JsonElement value, JsonTypeInfo type, string path, List<FieldProblem> problems)
    {
        switch (type.Kind, value.ValueKind)
        {
            case (JsonTypeInfoKind.Object, JsonValueKind.Object):
                foreach (var member in type.Properties)
                {
                    if (problems.Count >= Most) return;
                    if (value.TryGetProperty(member.Name, out var given)) Compare(given, type.Options.GetTypeInfo(member.PropertyType), $"{path}{member.Name}.", problems);
                    else if (member.IsRequired) problems.Add(new(path + member.Name, "missing", "This member is required."));
                }
                // Its name is not said again: it may be anything.
                if (value.EnumerateObject().Any(given => type.Properties.All(member => member.Name != given.Name)))
                    problems.Add(new(path.TrimEnd('.'), "unknown_member", $"The members here are {string.Join(", ", type.Properties.Select(member => member.Name))}."));
                break;
            case (JsonTypeInfoKind.Enumerable, JsonValueKind.Array) when type.ElementType is { } element:
                foreach (var (i, item) in value.EnumerateArray().Index())
                {
                    if (problems.Count >= Most) return;
                    Compare(item, type.Options.GetTypeInfo(element), $"{path.TrimEnd('.')}[{i}].", problems);
                }
                break;
        }
    }
}
