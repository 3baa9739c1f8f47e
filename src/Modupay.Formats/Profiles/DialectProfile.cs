using System.Text.Json;

namespace Modupay.Formats;

/// <summary>
/// How one bank departs from the standards, as a file: see Profiles/README.md. A profile chooses among what the readers can do; it holds no code.
/// </summary>
public sealed record DialectProfile
{
    public required string Name { get; init; }
    public string? Bank { get; init; }

    /// <summary>Used for texts that are not UTF-8.</summary>
    public string? Charset { get; init; }

    /// <summary>Any of these in the first 64 KB makes an MT file this bank's.</summary>
    public IReadOnlyList<string> DetectText { get; init; } = [];

    /// <summary>All of these among the cells of one row make a CSV file this bank's.</summary>
    public IReadOnlyList<string> DetectHeader { get; init; } = [];

    /// <summary>Grammar of <c>:86:</c>; told from the text itself when the profile does not say.</summary>
    public InformationGrammar Information { get; init; }

    public CsvProfile? Csv { get; init; }

    /// <summary>On which days the bank writes statements; the usual working days when nothing is said.</summary>
    public StatementCalendar? Calendar { get; init; }

    /// <summary>Reads a profile. Throws <see cref="FormatException"/> naming what is wrong: a profile is ours to get right.</summary>
    public static DialectProfile Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return Read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException("The dialect profile cannot be read: " + exception.Message, exception);
        }
    }

    private static DialectProfile Read(JsonElement root)
    {
        var detect = root.TryGetProperty("detect", out var found) ? found : default;
        return new DialectProfile
        {
            Name = root.GetProperty("name").GetString() ?? throw new FormatException("A dialect profile needs a name."),
            Bank = ProfileJson.Text(root, "bank"),
            Charset = ProfileJson.Text(root, "charset"),
            DetectText = ProfileJson.Texts(detect, "text"),
            DetectHeader = ProfileJson.Texts(detect, "header"),
            Information = ProfileJson.Text(root, "information") is { } grammar ? ProfileJson.Choice<InformationGrammar>(grammar) : InformationGrammar.FromText,
            Csv = root.TryGetProperty("csv", out var csv) ? CsvProfile.Read(csv) : null,
            Calendar = root.TryGetProperty("calendar", out var calendar) ? StatementCalendar.Read(calendar) : null,
        };
    }
}

/// <param name="EveryBusinessDay">A statement is promised for every business day, also for those on which nothing moved.</param>
public sealed record StatementCalendar(bool EveryBusinessDay, IReadOnlyList<DayOfWeek> Weekend, IReadOnlyList<DateOnly> Holidays)
{
    internal static StatementCalendar Read(JsonElement calendar) => new(
        ProfileJson.Flag(calendar, "everyBusinessDay") ?? false,
        [.. ProfileJson.Texts(calendar, "weekend").Select(ProfileJson.Choice<DayOfWeek>)],
        [.. ProfileJson.Texts(calendar, "holidays").Select(day => DateOnly.TryParseExact(day, "yyyy-MM-dd", out var date) ? date : throw new FormatException($"\"{day}\" is not a day (yyyy-MM-dd)."))]);
}

public enum InformationGrammar { FromText, German, Slash, Labels, Plain }

internal static class ProfileJson
{
    public static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;

    public static int? Number(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetInt32() : null;

    public static bool? Flag(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetBoolean() : null;

    /// <summary>One text or a list of them.</summary>
    public static IReadOnlyList<string> Texts(JsonElement element, string name)
    {
        if (element.ValueKind is not JsonValueKind.Object || !element.TryGetProperty(name, out var value)) return [];
        if (value.ValueKind is JsonValueKind.Array) return [.. value.EnumerateArray().Select(Item)];
        return [Item(value)];

        static string Item(JsonElement item) => item.ValueKind is JsonValueKind.Number ? item.GetInt32().ToString() : item.GetString() ?? "";
    }

    public static T Choice<T>(string text)
        where T : struct, Enum =>
        Enum.TryParse<T>(text, ignoreCase: true, out var value) ? value : throw new FormatException($"\"{text}\" is none of {string.Join(", ", Enum.GetNames<T>())}.");
}
