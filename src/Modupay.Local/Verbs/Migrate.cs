using Modupay.Local.Cloud;

namespace Modupay.Local.Verbs;

/// <summary>Brings a database to this version, as a deployment does.</summary>
internal static class Migrate
{
    public static readonly Verb Verb = new("migrate", "bring the local database, or the one of DATABASE_HOST, to this version", """
        dotnet run --project src/Modupay.Local -- migrate [--data FOLDER]

        Applies the migrations that are missing and prints their names. With DATABASE_HOST set it uses the variables of the migrator function
        (DATABASE_HOST, DATABASE_NAME, DATABASE_SECRET, SECRET_PREFIX, AWS credentials) and migrates that database; otherwise the local one.
        """, RunAsync);

    private static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var data = arguments.Option("--data");
        arguments.Nothing();
        if (Surroundings.Deployed is { } deployed)
        {
            var applied = await MigratorFunction.MigrateAsync(deployed, LocalCloud.Time, ct);
            foreach (var name in applied) Console.WriteLine(name);
            Console.WriteLine(applied.Count == 0 ? "Nothing to apply." : $"{applied.Count} applied.");
            return 0;
        }
        await using var cloud = await LocalCloud.StartAsync(new LocalCloudOptions { DataPath = data, InProcess = true, Progress = Console.WriteLine }, ct);
        Console.WriteLine("The local database is at this version.");
        return 0;
    }
}
