namespace Modupay.Local.Cloud;

/// <summary>The source repository we run from, when we do.</summary>
internal static class Checkout
{
    /// <summary>The folder with the solution file above the running program, or null for a published copy.</summary>
    public static string? Folder { get; } = Find(AppContext.BaseDirectory);

    internal static string? Find(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Modupay.Serverless.sln"))) return folder.FullName;
        }

        return null;
    }
}
