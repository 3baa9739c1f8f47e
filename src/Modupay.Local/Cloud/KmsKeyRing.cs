using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Modupay.Local.Cloud;

/// <summary>The keys and their aliases, in one file that only its owner can read. What a database encrypted with them must stay readable after a restart.</summary>
internal sealed class KmsKeyRing : IDisposable
{
    private readonly string _file;
    private readonly SemaphoreSlim _writing = new(1);
    private ImmutableDictionary<string, KmsKey> _keys = ImmutableDictionary.Create<string, KmsKey>(StringComparer.Ordinal);
    private ImmutableDictionary<string, string> _aliases = ImmutableDictionary.Create<string, string>(StringComparer.Ordinal);

    private KmsKeyRing(string file) => _file = file;

    public static async Task<KmsKeyRing> LoadAsync(string folder, CancellationToken ct)
    {
        var ring = new KmsKeyRing(Path.Combine(folder, "keys.json"));
        if (File.Exists(ring._file)) ring.Read(JsonNode.Parse(await File.ReadAllBytesAsync(ring._file, ct))!);
        return ring;
    }

    /// <summary>By id, ARN, alias or alias ARN, as KMS allows.</summary>
    public KmsKey? Find(string name)
    {
        var local = name.StartsWith("arn:", StringComparison.Ordinal) ? name[(name.LastIndexOf(':') + 1)..] : name;
        var id = local.StartsWith("alias/", StringComparison.Ordinal)
            ? _aliases.GetValueOrDefault(local)
            : local.StartsWith("key/", StringComparison.Ordinal) ? local[4..] : local;
        var key = id is null ? null : _keys.GetValueOrDefault(id);
        // An ARN names its region and account too, and those must be ours.
        return key is null || local == name || name[..^local.Length] == key.Arn[..^(4 + key.Id.Length)] ? key : null;
    }

    public Task PutAsync(KmsKey key, CancellationToken ct) => ChangeAsync(() => _keys = _keys.SetItem(key.Id, key), ct);

    public Task NameAsync(string alias, KmsKey key, CancellationToken ct) => ChangeAsync(() => _aliases = _aliases.SetItem(alias, key.Id), ct);

    public void Dispose() => _writing.Dispose();

    private async Task ChangeAsync(Action change, CancellationToken ct)
    {
        await _writing.WaitAsync(ct);
        try
        {
            change();
            await PrivateFile.WriteAsync(_file, Written().ToJsonString(), ct);
        }
        finally
        {
            _writing.Release();
        }
    }

    private JsonObject Written() => new()
    {
        ["keys"] = new JsonArray([.. _keys.Values.OrderBy(key => key.CreatedAt).Select(key => new JsonObject
        {
            ["id"] = key.Id,
            ["arn"] = key.Arn,
            ["spec"] = key.Spec,
            ["material"] = Convert.ToBase64String(key.Material),
            ["createdAt"] = key.CreatedAt.ToString("O", CultureInfo.InvariantCulture),
            ["description"] = key.Description,
            ["deletionAt"] = key.DeletionAt?.ToString("O", CultureInfo.InvariantCulture),
        })]),
        ["aliases"] = new JsonObject(_aliases.Select(alias => KeyValuePair.Create(alias.Key, (JsonNode?)alias.Value))),
    };

    private void Read(JsonNode written)
    {
        _keys = written["keys"]!.AsArray().Select(key => new KmsKey(
            (string)key!["id"]!, (string)key["arn"]!, (string)key["spec"]!, Convert.FromBase64String((string)key["material"]!),
            DateTimeOffset.Parse((string)key["createdAt"]!, CultureInfo.InvariantCulture), (string)key["description"]!,
            key["deletionAt"] is { } at ? DateTimeOffset.Parse((string)at!, CultureInfo.InvariantCulture) : null))
            .ToImmutableDictionary(key => key.Id, StringComparer.Ordinal);
        _aliases = written["aliases"]!.AsObject().ToImmutableDictionary(alias => alias.Key, alias => (string)alias.Value!, StringComparer.Ordinal);
    }
}
