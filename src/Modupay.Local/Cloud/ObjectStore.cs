using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Modupay.Local.Cloud;

internal sealed record ObjectStoreOptions(string Folder)
{
    public required IReadOnlyList<LocalBucket> Buckets { get; init; }

    public Durability Durability { get; init; } = Durability.Durable;

    /// <summary>Told about every object that was created, at least once, also about those of a run that was killed before it could tell.</summary>
    public Func<ObjectNews, CancellationToken, Task>? Created { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public Action<string> Log { get; init; } = static _ => { };
}

/// <summary>
/// Buckets in a folder. Per bucket: <c>data/</c> holds bytes in files that are never changed, <c>index/</c> one small file per key that names
/// the current one. Replacing that small file is the moment an object appears, changes or goes.
/// </summary>
internal sealed class ObjectStore : IDisposable
{
    private readonly Dictionary<string, Bucket> _buckets;
    private readonly ObjectStoreOptions _options;
    private long _lastSequencer;

    private ObjectStore(ObjectStoreOptions options)
    {
        _options = options;
        _buckets = options.Buckets.ToDictionary(bucket => bucket.Name, bucket => new Bucket(bucket, Path.Combine(options.Folder, bucket.Name)), StringComparer.Ordinal);
    }

    public IEnumerable<string> Buckets => _buckets.Keys.Order(StringComparer.Ordinal);

    public static ObjectStore Open(ObjectStoreOptions options)
    {
        var store = new ObjectStore(options);
        foreach (var bucket in store._buckets.Values) bucket.Load();
        return store;
    }

    /// <summary>All objects of a bucket in key order, as they are now; null when there is no such bucket.</summary>
    public ImmutableSortedDictionary<string, StoredObject>? Objects(string bucket) => _buckets.GetValueOrDefault(bucket)?.Objects;

    public StoredObject? Find(string bucket, string key) => Objects(bucket)?.GetValueOrDefault(key);

    public FileStream Open(string bucket, StoredObject stored) => File.OpenRead(Path.Combine(_buckets[bucket].Data, stored.Data));

    public ObjectDraft Begin(string bucket, IReadOnlySet<string> checksums) =>
        new(Path.Combine(_buckets[bucket].Data, Guid.CreateVersion7(_options.Clock.GetUtcNow()).ToString("n")), checksums);

    /// <summary>How long an object of this bucket is kept when its sender does not say.</summary>
    public Retention? DefaultRetention(string bucket) => _buckets[bucket].Declaration.WriteOnceYears is > 0 and var years
        ? new("COMPLIANCE", _options.Clock.GetUtcNow().AddYears(years))
        : null;

    public bool HasObjectLock(string bucket) => _buckets[bucket].Declaration.WriteOnceYears > 0;

    /// <summary>Makes a finished draft the object of its key. <paramref name="allow"/> sees what is there now and throws to refuse.</summary>
    public async Task<StoredObject> PutAsync(string bucketName, string key, ObjectDraft draft, string etag, ObjectTraits traits, Action<StoredObject?> allow, CancellationToken ct)
    {
        var bucket = _buckets[bucketName];
        using (await bucket.ChangeAsync(ct))
        {
            var before = bucket.Objects.GetValueOrDefault(key);
            allow(before);
            RefuseWhileRetained(before);
            var stored = new StoredObject(key, Path.GetFileName(draft.Path), draft.Length, etag, _options.Clock.GetUtcNow(), NextSequencer(), traits.Headers)
            {
                Checksum = traits.Checksum,
                Retention = traits.Retention,
            };
            // Before the object is visible: a crash in between leaves news of an object that is not there, which the next start throws away.
            if (_options.Created is not null) await File.WriteAllTextAsync(bucket.NewsOf(stored), traits.Reason, ct);
            await PrivateFile.WriteAsync(bucket.IndexOf(key), stored.ToJson().ToJsonString(), CancellationToken.None, _options.Durability);
            bucket.Objects = bucket.Objects.SetItem(key, stored);
            if (before is not null) File.Delete(Path.Combine(bucket.Data, before.Data));
            return stored;
        }
    }

    /// <summary>Deleting what is not there succeeds, as in S3.</summary>
    public async Task DeleteAsync(string bucketName, string key, CancellationToken ct)
    {
        var bucket = _buckets[bucketName];
        using (await bucket.ChangeAsync(ct))
        {
            if (bucket.Objects.GetValueOrDefault(key) is not { } stored) return;
            RefuseWhileRetained(stored);
            File.Delete(bucket.IndexOf(key));
            bucket.Objects = bucket.Objects.Remove(key);
            File.Delete(Path.Combine(bucket.Data, stored.Data));
        }
    }

    /// <summary>News that nobody has been told yet, oldest first.</summary>
    public IReadOnlyList<ObjectNews> UntoldNews() =>
        [.. _buckets.Values.SelectMany(bucket => bucket.UntoldNews()).OrderBy(news => news.Sequencer, StringComparer.Ordinal)];

    public ObjectNews NewsOf(string bucket, StoredObject stored, string reason) => new(bucket, stored.Key, stored.Size, stored.ETag, stored.Sequencer, reason, stored.LastModified);

    public void Told(ObjectNews news) => _buckets[news.Bucket].Told(news);

    public void Dispose()
    {
        foreach (var bucket in _buckets.Values) bucket.Dispose();
    }

    // AWS keeps the locked version and lets a new one cover it. Versions are not emulated here, so covering is refused as well: what works
    // against this store works there.
    private void RefuseWhileRetained(StoredObject? stored)
    {
        if (stored?.Retention is { } retention && retention.Until > _options.Clock.GetUtcNow())
            throw new AwsException("AccessDenied", $"Access Denied because object protected by object lock until {retention.Until.UtcDateTime:O}.", 403);
    }

    private string NextSequencer()
    {
        var now = _options.Clock.GetUtcNow().UtcTicks;
        long last, next;
        do
        {
            last = Interlocked.Read(ref _lastSequencer);
            next = Math.Max(now, last + 1);
        }
        while (Interlocked.CompareExchange(ref _lastSequencer, next, last) != last);
        return next.ToString("X16", CultureInfo.InvariantCulture);
    }

    private sealed class Bucket(LocalBucket declaration, string folder) : IDisposable
    {
        private const string NewsSuffix = ".news";

        private readonly SemaphoreSlim _changing = new(1);

        public LocalBucket Declaration => declaration;

        public string Data { get; } = Directory.CreateDirectory(Path.Combine(folder, "data")).FullName;

        public ImmutableSortedDictionary<string, StoredObject> Objects { get; set; } = ImmutableSortedDictionary.Create<string, StoredObject>(StringComparer.Ordinal);

        private string Index { get; } = Directory.CreateDirectory(Path.Combine(folder, "index")).FullName;

        /// <summary>Keys may hold anything and be longer than file names, so their digest names the file.</summary>
        public string IndexOf(string key) => Path.Combine(Index, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))) + ".json");

        public string NewsOf(StoredObject stored) => Path.Combine(Data, stored.Data + NewsSuffix);

        /// <summary>Reads the index and removes the bytes of uploads that never became an object.</summary>
        public void Load()
        {
            Objects = Directory.EnumerateFiles(Index, "*.json").Select(file => StoredObject.FromJson(JsonNode.Parse(File.ReadAllBytes(file))!))
                .ToImmutableSortedDictionary(stored => stored.Key, stored => stored, StringComparer.Ordinal);
            var known = Objects.Values.Select(stored => stored.Data).ToHashSet(StringComparer.Ordinal);
            foreach (var file in Directory.EnumerateFiles(Data).Where(file => !known.Contains(Path.GetFileNameWithoutExtension(file)))) File.Delete(file);
        }

        public IEnumerable<ObjectNews> UntoldNews()
        {
            var byData = Objects.Values.ToDictionary(stored => stored.Data, StringComparer.Ordinal);
            return Directory.EnumerateFiles(Data, "*" + NewsSuffix).Select(file =>
            {
                var stored = byData[Path.GetFileNameWithoutExtension(file)];
                return new ObjectNews(declaration.Name, stored.Key, stored.Size, stored.ETag, stored.Sequencer, File.ReadAllText(file), stored.LastModified);
            });
        }

        public void Told(ObjectNews news)
        {
            // The object may have been replaced or deleted since; its news goes with the next start then.
            if (Objects.GetValueOrDefault(news.Key) is { } stored && stored.Sequencer == news.Sequencer) File.Delete(NewsOf(stored));
        }

        public async Task<IDisposable> ChangeAsync(CancellationToken ct)
        {
            await _changing.WaitAsync(ct);
            return new Turn(_changing);
        }

        public void Dispose() => _changing.Dispose();

        private sealed class Turn(SemaphoreSlim changing) : IDisposable
        {
            public void Dispose() => changing.Release();
        }
    }
}

/// <summary>What the sender says about an object besides its key and bytes, and how it came (<c>PutObject</c>, <c>CopyObject</c>, <c>CompleteMultipartUpload</c>).</summary>
internal sealed record ObjectTraits(IReadOnlyDictionary<string, string> Headers, string Reason)
{
    public (string Algorithm, string Value)? Checksum { get; init; }

    public Retention? Retention { get; init; }
}
