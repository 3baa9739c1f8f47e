namespace Modupay.JourneyTests.Journeys;

/// <summary>Greps everything every function has written since the platform started.</summary>
internal static class LoggedSecrets
{
    public static void AreAbsent(RunningCloud running, IReadOnlyList<string> secrets)
    {
        var lines = running.Lines.ToArray();
        foreach (var secret in secrets)
        {
            Assert.True(secret.Length > 5, "Too short to be told from other text.");
            Assert.DoesNotContain(lines, line => line.Contains(secret, StringComparison.OrdinalIgnoreCase));
        }
    }
}
