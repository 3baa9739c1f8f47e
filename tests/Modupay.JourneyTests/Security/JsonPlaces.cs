using System.Text.Json.Nodes;

namespace Modupay.JourneyTests.Security;

/// <summary>Every place in a body where a value stands, and the same body with another value there.</summary>
internal static class JsonPlaces
{
    public static IEnumerable<(object[] Path, JsonNode? Value)> Of(JsonNode? node, params object[] path)
    {
        if (path.Length > 0) yield return (path, node);
        var below = node switch
        {
            JsonObject properties => properties.SelectMany(property => Of(property.Value, [.. path, property.Key])),
            JsonArray items => items.SelectMany((item, i) => Of(item, [.. path, i])),
            _ => [],
        };
        foreach (var place in below) yield return place;
    }

    public static JsonNode With(JsonNode body, object[] path, JsonNode? value)
    {
        var changed = body.DeepClone();
        var parent = changed;
        foreach (var step in path[..^1]) parent = step is int i ? parent![i] : parent![(string)step];
        if (path[^1] is int index) parent![index] = value;
        else parent![(string)path[^1]] = value;
        return changed;
    }
}
