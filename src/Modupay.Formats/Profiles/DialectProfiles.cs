using System.Collections.Immutable;
using System.Text;

namespace Modupay.Formats;

/// <summary>The profiles that come with the assembly, one file per bank.</summary>
public static class DialectProfiles
{
    private static readonly Lazy<ImmutableArray<DialectProfile>> Loaded = new(Load);

    public static IReadOnlyList<DialectProfile> All => Loaded.Value;

    public static DialectProfile? Find(string name) => Loaded.Value.FirstOrDefault(profile => string.Equals(profile.Name, name, StringComparison.OrdinalIgnoreCase));

    internal static DialectProfile? DetectMt(ReadOnlySpan<byte> head)
    {
        foreach (var profile in Loaded.Value)
        {
            foreach (var text in profile.DetectText)
            {
                if (head.IndexOf(Encoding.ASCII.GetBytes(text)) >= 0) return profile;
            }
        }

        return null;
    }

    internal static DialectProfile? DetectCsv(IReadOnlyList<string> cells) => Loaded.Value.FirstOrDefault(profile =>
        profile.DetectHeader.Count > 0 && profile.DetectHeader.All(name => cells.Contains(name, StringComparer.OrdinalIgnoreCase)));

    private static ImmutableArray<DialectProfile> Load()
    {
        var assembly = typeof(DialectProfiles).Assembly;
        return [.. assembly.GetManifestResourceNames().Where(name => name.StartsWith("profiles/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(name =>
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return DialectProfile.Parse(bytes);
        })];
    }
}
