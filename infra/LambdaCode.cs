using Amazon.CDK.AWS.Lambda;
using FileSystem = Amazon.CDK.FileSystem;

namespace Modupay.Infra;

/// <summary>The published functions, or the marked placeholder that lets a template be synthesised without publishing.</summary>
internal sealed class LambdaCode(RepositoryRoot root)
{
    public const string PublishCommand = "dotnet publish src/Modupay.Lambda -c Release -r linux-x64 --no-self-contained -p:PublishReadyToRun=true -o artifacts/modupay-lambda";

    private readonly string _published = root.Path("artifacts", "modupay-lambda");

    public bool Published => File.Exists(Path.Combine(_published, "Modupay.Lambda.dll"));

    /// <summary>A directory, whose hash is that of its content; a zip would change with the clock and deploy everything every time.</summary>
    private string Folder => Published ? _published : root.Path("infra", "not-published");

    public string Hash => FileSystem.Fingerprint(Folder);

    public Code Asset() => Code.FromAsset(Folder);
}
