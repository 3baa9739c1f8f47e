using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace Modupay.Local.Cloud;

/// <summary>ListObjectsV2: keys in order, folded at the delimiter, a page at a time.</summary>
internal static class S3Listing
{
    public static XElement Page(S3Request request, IEnumerable<StoredObject> objects)
    {
        request.Allow("list-type", "prefix", "delimiter", "max-keys", "continuation-token", "start-after", "encoding-type", "fetch-owner");
        if (request.Query("list-type") != "2") throw S3Request.NotEmulated("ListObjects in its first version");
        var (prefix, delimiter, most) = (request.Query("prefix") ?? "", request.Query("delimiter") ?? "", request.Number("max-keys", 1000, int.MaxValue));
        var after = request.Query("continuation-token") is { } token ? Decoded(token) : request.Query("start-after") ?? "";
        Func<string, string> spelled = request.Query("encoding-type") == "url" ? Escaped : static text => text;

        // An entry is a key, or what many keys have in common up to the delimiter.
        var entries = objects
            .Where(stored => stored.Key.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(stored.Key, after) > 0)
            .Select(stored => (Stored: stored, Folder: Folder(stored.Key, prefix, delimiter)))
            .Where(entry => entry.Folder is null || !(after.Length > 0 && after == entry.Folder))
            .DistinctBy(entry => entry.Folder ?? entry.Stored.Key, StringComparer.Ordinal)
            .Take(Math.Min(most, 1000) + 1).ToList();
        var page = entries.Take(Math.Min(most, 1000)).ToList();
        var truncated = entries.Count > page.Count && page.Count > 0;

        var result = S3Xml.Element("ListBucketResult",
            S3Xml.Element("Name", request.Bucket), S3Xml.Element("Prefix", spelled(prefix)), S3Xml.Element("MaxKeys", most), S3Xml.Element("KeyCount", page.Count), S3Xml.Element("IsTruncated", truncated));
        if (delimiter.Length > 0) result.Add(S3Xml.Element("Delimiter", spelled(delimiter)));
        if (request.Has("encoding-type")) result.Add(S3Xml.Element("EncodingType", "url"));
        if (request.Query("start-after") is { } startAfter) result.Add(S3Xml.Element("StartAfter", spelled(startAfter)));
        if (request.Query("continuation-token") is { } current) result.Add(S3Xml.Element("ContinuationToken", current));
        if (truncated) result.Add(S3Xml.Element("NextContinuationToken", Convert.ToBase64String(Encoding.UTF8.GetBytes(page[^1].Folder ?? page[^1].Stored.Key))));
        result.Add(page.Where(entry => entry.Folder is null).Select(entry => S3Xml.Element("Contents",
            S3Xml.Element("Key", spelled(entry.Stored.Key)),
            S3Xml.Element("LastModified", S3Xml.Instant(entry.Stored.LastModified)),
            S3Xml.Element("ETag", $"\"{entry.Stored.ETag}\""),
            S3Xml.Element("Size", entry.Stored.Size),
            S3Xml.Element("StorageClass", "STANDARD"))));
        result.Add(page.Where(entry => entry.Folder is not null).Select(entry => S3Xml.Element("CommonPrefixes", S3Xml.Element("Prefix", spelled(entry.Folder!)))));
        return result;
    }

    private static string? Folder(string key, string prefix, string delimiter)
    {
        if (delimiter.Length == 0) return null;
        var end = key.IndexOf(delimiter, prefix.Length, StringComparison.Ordinal);
        return end < 0 ? null : key[..(end + delimiter.Length)];
    }

    private static string Decoded(string token)
    {
        var bytes = new byte[token.Length];
        return Convert.TryFromBase64String(token, bytes, out var length)
            ? Encoding.UTF8.GetString(bytes, 0, length)
            : throw new AwsException("InvalidArgument", "The continuation token provided is incorrect");
    }

    private static string Escaped(string text) => Uri.EscapeDataString(text).Replace("%2F", "/", StringComparison.Ordinal);
}
