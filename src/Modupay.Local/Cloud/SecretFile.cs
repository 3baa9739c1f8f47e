using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Modupay.Local.Cloud;

/// <summary>All secrets in one file that only its owner can read; replaced whole at each change, one change at a time.</summary>
internal sealed class SecretFile : IDisposable
{
    private readonly string _file;
    private readonly SemaphoreSlim _changing = new(1);

    private SecretFile(string file) => _file = file;

    public ImmutableSortedDictionary<string, Secret> Secrets { get; private set; } = ImmutableSortedDictionary.Create<string, Secret>(StringComparer.Ordinal);

    public static async Task<SecretFile> LoadAsync(string folder, CancellationToken ct)
    {
        var secrets = new SecretFile(Path.Combine(folder, "secrets.json"));
        if (File.Exists(secrets._file)) secrets.Secrets = Read(JsonNode.Parse(await File.ReadAllBytesAsync(secrets._file, ct))!.AsArray());
        return secrets;
    }

    /// <summary>By name, ARN, or ARN without its random ending, as Secrets Manager allows.</summary>
    public Secret? Find(string id) => Secrets.GetValueOrDefault(id)
        ?? Secrets.Values.FirstOrDefault(secret => secret.Arn == id || secret.Arn[..^7] == id);

    /// <summary>Decides what a secret becomes and remembers it; null removes it. Nothing is shown to readers before it is on the disk.</summary>
    public async Task<Secret?> ChangeAsync(string id, Func<Secret?, Secret?> change, CancellationToken ct)
    {
        await _changing.WaitAsync(ct);
        try
        {
            var before = Find(id);
            var after = change(before);
            if (after == before) return after;
            var secrets = after is null ? Secrets.Remove(before!.Name) : Secrets.SetItem(after.Name, after);
            await PrivateFile.WriteAsync(_file, Written(secrets).ToJsonString(), ct);
            Secrets = secrets;
            return after;
        }
        finally
        {
            _changing.Release();
        }
    }

    public void Dispose() => _changing.Dispose();

    private static JsonArray Written(ImmutableSortedDictionary<string, Secret> secrets) => new([.. secrets.Values.Select(secret => new JsonObject
    {
        ["name"] = secret.Name,
        ["arn"] = secret.Arn,
        ["description"] = secret.Description,
        ["createdAt"] = Instant(secret.CreatedAt),
        ["deletedAt"] = secret.DeletedAt is { } at ? Instant(at) : null,
        ["versions"] = new JsonArray([.. secret.Versions.Select(version => new JsonObject
        {
            ["id"] = version.Id,
            ["text"] = version.Text,
            ["binary"] = version.Binary is { } bytes ? Convert.ToBase64String(bytes) : null,
            ["createdAt"] = Instant(version.CreatedAt),
            ["stages"] = new JsonArray([.. version.Stages.Select(stage => (JsonNode)stage)]),
        })]),
    })]);

    private static ImmutableSortedDictionary<string, Secret> Read(JsonArray written) => written
        .Select(secret => new Secret(
            (string)secret!["name"]!, (string)secret["arn"]!, (string)secret["description"]!, Instant(secret["createdAt"]!),
            [.. secret["versions"]!.AsArray().Select(version => new SecretVersion(
                (string)version!["id"]!, (string?)version["text"], version["binary"] is { } bytes ? Convert.FromBase64String((string)bytes!) : null,
                Instant(version["createdAt"]!), [.. version["stages"]!.AsArray().Select(stage => (string)stage!)]))],
            secret["deletedAt"] is { } at ? Instant(at) : null))
        .ToImmutableSortedDictionary(secret => secret.Name, secret => secret, StringComparer.Ordinal);

    private static string Instant(DateTimeOffset at) => at.ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset Instant(JsonNode at) => DateTimeOffset.Parse((string)at!, CultureInfo.InvariantCulture);
}
