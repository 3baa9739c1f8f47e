using System.Diagnostics;

namespace Modupay.JourneyTests.Cloud;

internal static class Processes
{
    public static bool IsRunning(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            // A zombie has ended; it only waits for init to take note.
            return !process.HasExited && !(File.Exists($"/proc/{id}/stat") && File.ReadAllText($"/proc/{id}/stat").Contains(") Z ", StringComparison.Ordinal));
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    public static async Task AssertGoneAsync(params int[] ids)
    {
        for (var patience = 0; patience < 200 && ids.Any(IsRunning); patience++) await Task.Delay(50);
        Assert.All(ids, id => Assert.False(IsRunning(id), $"Process {id} is still running."));
    }
}
