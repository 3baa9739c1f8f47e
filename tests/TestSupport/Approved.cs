using System.Runtime.CompilerServices;

namespace Modupay.TestSupport;

/// <summary>
/// Compares a text with the one that was approved in review. A difference leaves <c>….received.txt</c> beside the approved file and fails;
/// <c>APPROVE=1 dotnet test …</c> accepts what was received, and the diff in git is the review.
/// </summary>
internal static class Approved
{
    public static void Matches(string received, string file, [CallerFilePath] string caller = "") =>
        Matches(received, file, caller, accept: Environment.GetEnvironmentVariable("APPROVE") == "1");

    public static void Matches(string received, string file, string caller, bool accept)
    {
        var approvedFile = Path.Combine(Path.GetDirectoryName(caller)!, file);
        var receivedFile = approvedFile.Replace(".approved.json", ".received.txt").Replace(".approved.txt", ".received.txt");
        received = received.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
        var approved = File.Exists(approvedFile) ? File.ReadAllText(approvedFile).ReplaceLineEndings("\n") : "";
        if (received == approved)
        {
            File.Delete(receivedFile);
            return;
        }

        if (accept)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(approvedFile)!);
            File.WriteAllText(approvedFile, received);
            File.Delete(receivedFile);
            return;
        }

        File.WriteAllText(receivedFile, received);
        Assert.Fail($"""
            {file} is not what was approved. First difference: {FirstDifference(approved, received)}
            Compare:  git diff --no-index {approvedFile} {receivedFile}
            Accept:   run the same test with the environment variable APPROVE=1
            """);
    }

    private static string FirstDifference(string approved, string received)
    {
        var old = approved.Split('\n');
        var now = received.Split('\n');
        var line = old.Zip(now).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"line {line + 1}\n  approved  {Line(old)}\n  received  {Line(now)}";

        string Line(string[] lines) => line < lines.Length ? lines[line].Trim() : "(end of file)";
    }
}
