using Modupay.Local.Cloud;

namespace Modupay.JourneyTests.Cloud;

/// <summary>
/// Run as a program, this assembly is a parent for the tests to kill: it starts what it is told to, says on standard output which processes
/// those are, and waits for ever.
/// </summary>
internal static class KilledParent
{
    public static async Task Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["hold-a-child"]:
                ChildProcess.Start(new ChildCommand("sh", "-c", "echo $$; while :; do sleep 0.2; done") { Output = Console.WriteLine });
                break;
            default:
                throw new ArgumentException($"Unknown: {string.Join(' ', arguments)}", nameof(arguments));
        }

        await Task.Delay(Timeout.Infinite);
    }
}
