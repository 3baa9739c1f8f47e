namespace Modupay.Tests.Formats;

/// <summary>Finds the repository's own bank files, and the development corpus beside the repository when it is there.</summary>
internal static class Samples
{
    public static readonly string Root = Repository.Path("tests", "samples");

    /// <summary>Null on a bare clone; the tests that want it then say so in one line and pass.</summary>
    public static readonly string? Corpora = Directory.GetParent(Repository.Root) is { } parent && Path.Combine(parent.FullName, "shared", "corpora") is var path && Directory.Exists(path) ? path : null;

    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Root, name));

    public static bool WithoutCorpora(string subject)
    {
        if (Corpora is null) Console.WriteLine($"{subject}: ../shared/corpora is not here; the repository's own samples stand in for it.");
        return Corpora is null;
    }
}
