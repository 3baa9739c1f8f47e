namespace Modupay.TestSupport;

/// <summary>Finds files of the repository from wherever the test runner put the test assembly.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Modupay.Serverless.sln"))) return folder.FullName;

        throw new InvalidOperationException($"Modupay.Serverless.sln is in no folder above {AppContext.BaseDirectory}.");
    }
}
