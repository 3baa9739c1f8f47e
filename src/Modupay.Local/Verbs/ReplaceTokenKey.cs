using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Local.Cloud;
using Modupay.People;

namespace Modupay.Local.Verbs;

/// <summary>Ends the trust in the key that signs access tokens, at once.</summary>
internal static class ReplaceTokenKey
{
    public static readonly Verb Verb = new("tokens replace-key", "stop trusting the key that signs access tokens, and sign with the next", """
        dotnet run --project src/Modupay.Local -- tokens replace-key [--data FOLDER]

        For when somebody else may be signing with it. The next key of the manifest signs from now on; tokens of the one before are refused everywhere within
        a minute, and it leaves /.well-known/jwks.json. Whoever is logged in refreshes and goes on. Locally the platform must not be running on that
        folder. With DATABASE_HOST set it uses the variables of the api function (DATABASE_HOST, DATABASE_NAME, DATABASE_SECRET, KEY_TOKENS_…, AWS credentials).

        The exit code is 1 when the manifest names no key that has not signed yet: add the next line and deploy.
        """, RunAsync);

    private static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var data = arguments.Option("--data");
        arguments.Nothing();
        if (Surroundings.Deployed is { } deployed) return await ReplaceAsync(deployed, ct);
        DataFolder.RequirePlatform(data);
        await using var cloud = await LocalCloud.StartAsync(new LocalCloudOptions { DataPath = data, InProcess = true, Progress = Console.WriteLine }, ct);
        return await ReplaceAsync(cloud.SettingsOf("api"), ct);
    }

    private static async Task<int> ReplaceAsync(Settings settings, CancellationToken ct)
    {
        await using var services = await Services.OpenAsync(settings, LocalCloud.Time, NullLoggerFactory.Instance, ct);
        var next = await PeopleDoor.ReplaceSigningKeyAsync(services, ct);
        Console.WriteLine(next is null ? "Not replaced: no key is left that has not signed yet. Add the next line to the manifest and deploy." : $"{next.Name} ({next.Kid}) signs now; the key before it is no longer trusted.");
        return next is null ? 1 : 0;
    }
}
