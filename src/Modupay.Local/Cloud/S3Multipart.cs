using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Xml.Linq;

namespace Modupay.Local.Cloud;

/// <summary>Uploads in parts. Parts wait in files of their own; an upload that is not completed ends with the process.</summary>
internal sealed class S3Multipart(ObjectStore store) : IDisposable
{
    private const int SmallestPart = 5 << 20;
    private const int MostParts = 10_000;

    private readonly ConcurrentDictionary<string, Upload> _uploads = new(StringComparer.Ordinal);

    public string Begin(string bucket, string key, ObjectTraits traits)
    {
        var id = RandomNumberGenerator.GetHexString(32, lowercase: true);
        _uploads[id] = new(bucket, key, traits);
        return id;
    }

    public Upload Find(S3Request request) => _uploads.TryGetValue(request.Query("uploadId")!, out var upload) && upload.Bucket == request.Bucket && upload.Key == request.Key
        ? upload
        : throw new AwsException("NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.", 404);

    public static void Add(Upload upload, int number, ObjectDraft part)
    {
        if (number is < 1 or > MostParts) throw new AwsException("InvalidArgument", $"Part number must be an integer between 1 and {MostParts}, inclusive");
        var added = new Part(part.Path, part.Length, part.Md5);
        upload.Parts.AddOrUpdate(number, added, (_, replaced) =>
        {
            File.Delete(replaced.Path);
            return added;
        });
    }

    /// <summary>Joins the parts the caller names, in order, into one draft; answers it with its entity tag.</summary>
    public async Task<(ObjectDraft Draft, string ETag)> JoinAsync(Upload upload, XElement request, bool flush, CancellationToken ct)
    {
        var parts = Chosen(upload, request);
        var draft = store.Begin(upload.Bucket, new HashSet<string>(StringComparer.Ordinal));
        try
        {
            foreach (var part in parts)
            {
                await using var bytes = File.OpenRead(part.Path);
                await draft.TakeAsync(bytes, ct);
            }

            await draft.FinishAsync(flush);
        }
        catch
        {
            await draft.DisposeAsync();
            draft.Discard();
            throw;
        }

        using var all = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        foreach (var part in parts) all.AppendData(part.Md5);
        return (draft, $"{Convert.ToHexStringLower(all.GetHashAndReset())}-{parts.Count}");
    }

    public void Forget(S3Request request)
    {
        if (_uploads.TryRemove(request.Query("uploadId")!, out var upload)) upload.Discard();
    }

    public void Dispose()
    {
        foreach (var upload in _uploads.Values) upload.Discard();
    }

    private static List<Part> Chosen(Upload upload, XElement request)
    {
        var chosen = request.Elements().Where(element => element.Name.LocalName == "Part").Select(element => (
            Number: int.TryParse(Child(element, "PartNumber"), out var number) ? number : 0,
            ETag: Child(element, "ETag")?.Trim('"'))).ToList();
        if (chosen.Count == 0) throw new AwsException("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema");
        if (chosen.Zip(chosen.Skip(1)).Any(pair => pair.First.Number >= pair.Second.Number)) throw new AwsException("InvalidPartOrder", "The list of parts was not in ascending order.");
        var parts = chosen.Select(part => upload.Parts.TryGetValue(part.Number, out var stored) && Convert.ToHexStringLower(stored.Md5) == part.ETag
            ? stored
            : throw new AwsException("InvalidPart", $"Part {part.Number} could not be found, or its entity tag did not match.")).ToList();
        if (parts.SkipLast(1).Any(part => part.Length < SmallestPart)) throw new AwsException("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
        return parts;
    }

    private static string? Child(XElement element, string name) => element.Elements().FirstOrDefault(child => child.Name.LocalName == name)?.Value;

    internal sealed record Upload(string Bucket, string Key, ObjectTraits Traits)
    {
        public ConcurrentDictionary<int, Part> Parts { get; } = new();

        public void Discard()
        {
            foreach (var part in Parts.Values) File.Delete(part.Path);
        }
    }

    internal sealed record Part(string Path, long Length, byte[] Md5);
}
