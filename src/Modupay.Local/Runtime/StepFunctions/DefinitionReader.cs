using System.Text.Json.Nodes;

namespace Modupay.Local.Runtime.StepFunctions;

/// <summary>
/// Reads one object of a definition and remembers what was read: a field nobody read is a field the interpreter would have ignored,
/// and <see cref="RefuseTheRest"/> refuses it by name.
/// </summary>
internal sealed class DefinitionReader(JsonObject json, string location)
{
    private readonly HashSet<string> _read = new(["Comment"], StringComparer.Ordinal);

    public string Location => location;

    public bool Has(string field) => json.ContainsKey(field);

    public JsonNode? Node(string field)
    {
        _read.Add(field);
        return json[field];
    }

    public string Text(string field) => TextOrNull(field) ?? throw Wrong(field, "is required");

    public string? TextOrNull(string field) => Node(field) is not { } node ? null : Json.TextOrNull(node) ?? throw Wrong(field, "must be a text");

    public decimal? NumberOrNull(string field, decimal least) => Node(field) is not { } node ? null
        : Json.NumberOrNull(node) is { } number && number >= least ? number : throw Wrong(field, $"must be a number not below {least}");

    public TimeSpan? SecondsOrNull(string field, int least) => NumberOrNull(field, least) is { } seconds ? TimeSpan.FromSeconds((double)seconds) : null;

    public bool Flag(string field) => Node(field) is { } node && (Json.BooleanOrNull(node) ?? throw Wrong(field, "must be true or false"));

    public JsonObject Object(string field) => Node(field) as JsonObject ?? throw Wrong(field, "must be an object");

    public IReadOnlyList<string> Texts(string field) =>
        Node(field) is JsonArray { Count: > 0 } list ? [.. list.Select(item => Json.TextOrNull(item) ?? throw Wrong(field, "must be a list of texts"))] : throw Wrong(field, "must be a list with something in it");

    /// <summary>A list of objects, each read completely or refused; an absent list is empty.</summary>
    public IReadOnlyList<T> List<T>(string field, Func<DefinitionReader, T> read)
    {
        if (Node(field) is not { } node) return [];
        if (node is not JsonArray list) throw Wrong(field, "must be a list");
        return [.. list.Select((item, index) => new DefinitionReader(item as JsonObject ?? throw Wrong(field, "must be a list of objects"), $"{location}.{field}[{index}]").Whole(read))];
    }

    public T Whole<T>(Func<DefinitionReader, T> read)
    {
        var result = read(this);
        RefuseTheRest();
        return result;
    }

    /// <summary>Parses the text of a field; what is wrong with it is told with the field's name.</summary>
    public T? Parse<T>(string field, Func<JsonNode, T> parse) where T : class
    {
        try
        {
            return Node(field) is { } node ? parse(node) : null;
        }
        catch (FormatException wrong)
        {
            throw Wrong(field, wrong.Message);
        }
    }

    public ReferencePath? PathOrNull(string field) => Parse(field, node => ReferencePath.Parse(Json.TextOrNull(node) ?? throw new FormatException("must be a path")));

    public Template? TemplateOrNull(string field) => Parse(field, Template.Parse);

    /// <summary>The one field that is neither read yet nor a comment.</summary>
    public string? SingleUnread => json.Where(pair => !_read.Contains(pair.Key)).ToList() is [var only] ? only.Key : null;

    public void RefuseTheRest()
    {
        if (json.Select(field => field.Key).FirstOrDefault(field => !_read.Contains(field)) is { } field) throw Wrong(field, "is not supported here");
    }

    public DefinitionException Wrong(string field, string problem) => new(location, $"{field} {problem}");
}
