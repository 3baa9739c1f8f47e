using System.IO.Enumeration;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Modupay.Banking.Statements.PickUp;

/// <summary>The object that a connector writes after it has looked into a folder. Size and time are missing where the bank's server tells none.</summary>
internal sealed record DirectoryListing(IReadOnlyList<ListedFile> Files, bool Truncated = false)
{
    public static DirectoryListing Parse(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, DirectoryListingJson.Default.DirectoryListing) ?? throw new JsonException("The listing is null.");

    /// <summary>Those that the pattern means, with their whole path at the bank. What lies elsewhere or has a strange name is not ours to fetch.</summary>
    public IEnumerable<(string Path, long? Size, DateTimeOffset? ModifiedAt)> Matching(string directory, string pattern) =>
        from file in Files
        let name = file.FilePath[(file.FilePath.LastIndexOf('/') + 1)..]
        let path = directory.TrimEnd('/') + "/" + name
        where file.FilePath == path || file.FilePath == path[1..] || file.FilePath == name
        where name.Length is > 0 and <= 200 && path.Length <= 1024 && name[0] != '.' && !name.Any(char.IsControl) && !name.Contains('\\', StringComparison.Ordinal)
        where FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)
        select (path, file.Size, file.ModifiedTimestamp);
}

internal sealed record ListedFile(string FilePath, DateTimeOffset? ModifiedTimestamp = null, long? Size = null);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(DirectoryListing))]
internal sealed partial class DirectoryListingJson : JsonSerializerContext;
