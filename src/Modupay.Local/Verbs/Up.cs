using System.Diagnostics;
using Modupay.Local.Cloud;

namespace Modupay.Local.Verbs;

/// <summary>Starts the platform and keeps it running until Ctrl-C.</summary>
internal static class Up
{
    private const int DefaultPort = 4000;

    public static readonly Verb Verb = new("up", "start the whole platform and keep it running (the default)", """
        dotnet run --project src/Modupay.Local -- up [options]

        Starts PostgreSQL, the AWS stand-ins, every function, a simulated bank and a webhook receiver, with a demo organization and its
        test API key. Data is kept in .modupay; Ctrl-C stops everything.

          --port N         where the API listens (4000); the simulated bank, the webhook receiver and the API's page take the next three
          --data FOLDER    keep the data there instead
          --operator MAIL  invite somebody to operate the platform; the letter is kept in the folder mails
          --ephemeral      start clean, in a temporary folder that is removed at the end
          --in-process     run the functions inside this process, for a debugger
          --chaos SEED     let queues deliver twice and out of order
          --verbose        show the log here as well as in its file

        DATABASE_URL=postgres://user:password@host:port/database uses an existing PostgreSQL 18 instead of the embedded one.
        """, RunAsync);

    private static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        var verbose = arguments.Flag("--verbose");
        using var log = new LogFile();
        var operatorAddress = arguments.Option("--operator");
        var options = new LocalCloudOptions
        {
            DataPath = arguments.Option("--data"),
            Ephemeral = arguments.Flag("--ephemeral"),
            ApiPort = arguments.Number("--port", DefaultPort, 1, 65535),
            InProcess = arguments.Flag("--in-process"),
            ChaosSeed = arguments.Option("--chaos") is { } seed ? int.TryParse(seed, out var number) ? number : throw new ArgumentsException("--chaos is a whole number.") : null,
            DatabaseUrl = Surroundings.DatabaseUrl,
            Progress = message => Console.WriteLine($"{watch.Elapsed.TotalSeconds,6:0.0} s  {message}"),
            Output = (source, line) =>
            {
                log.Write(source, line);
                if (verbose) Console.WriteLine($"{source}: {line}");
            },
        };
        arguments.Nothing();

        await using var cloud = await LocalCloud.StartAsync(options, ct);
        log.MoveTo(Path.Combine(cloud.DataPath, "modupay.log"));
        var demo = await DemoOrganization.EnsureAsync(cloud, ct);
        if (operatorAddress is not null) await OperatorInvite.InviteAsync(cloud.SettingsOf("api"), operatorAddress, ct);
        Console.WriteLine($"""

            Modupay is ready after {watch.Elapsed.TotalSeconds:0.0} s.

              API             {cloud.ApiUrl}/v1
              OpenAPI         {cloud.ApiUrl}/openapi/v1.json    page: {cloud.Docs.Url}
              API key         {demo.ApiKey}
              Treasury        {demo.TreasuryAccount}
              Bank simulator  {cloud.Bank.Url}
              Webhooks go to  {cloud.Receiver.Url}/received
              Letters are in  {Path.Combine(cloud.DataPath, "mails")}
              Database        {cloud.Postgres.Host}:{cloud.Postgres.Port}/modupay
              Log             {Path.Combine(cloud.DataPath, "modupay.log")}

            For the examples of the README, in another terminal:

              export API={cloud.ApiUrl} KEY={demo.ApiKey} TREASURY={demo.TreasuryAccount} BANK={demo.BankProfile}

            Ctrl-C stops everything.
            """);
        await Task.Delay(Timeout.Infinite, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Console.WriteLine("Stopping");
        return 0;
    }
}
