using System.Text.RegularExpressions;
using Modupay.Local.Cloud;
using Modupay.Local.Runtime.StepFunctions;

namespace Modupay.JourneyTests.Runtime;

/// <summary>Every workflow we deploy is judged twice: by asl-validator, which knows AWS's schema, and by our loader, which has to run it.</summary>
public sealed partial class WorkflowDefinitionTests
{
    [GeneratedRegex(@"\$\{\w+\}", RegexOptions.None, 1000)]
    private static partial Regex Placeholder();

    public static TheoryData<string> Workflows =>
        [.. Directory.GetFiles(Repository.Path("src"), "*.asl.json", SearchOption.AllDirectories).Where(file => !IsBuildOutput(file)).Select(file => Path.GetRelativePath(Repository.Root, file))];

    [Theory, MemberData(nameof(Workflows))]
    public async Task AWS_would_accept_the_workflow_and_we_can_run_it(string file)
    {
        var (valid, complaints) = await ValidateAsync(Repository.Path(file));

        Assert.True(valid, complaints);
        Assert.NotEmpty(DefinitionLoader.Load(Placeholder().Replace(File.ReadAllText(Repository.Path(file)), "function")).States);
    }

    [Fact]
    public async Task The_validator_is_awake()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, """{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"Nowhere"}}}""");

        var (valid, complaints) = await ValidateAsync(file);

        File.Delete(file);
        Assert.False(valid);
        Assert.Contains("Nowhere", complaints, StringComparison.Ordinal);
    }

    private static async Task<(bool Valid, string Complaints)> ValidateAsync(string file)
    {
        var validator = Repository.Path("node_modules", "asl-validator", "dist", "bin", "asl-validator.js");
        var (exitCode, output) = await ChildProcess.RunAsync(new ChildCommand("node", validator, "--json-path", file), new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token);
        return (exitCode == 0, output);
    }

    private static bool IsBuildOutput(string file) => file.Split(Path.DirectorySeparatorChar) is var parts && (parts.Contains("bin") || parts.Contains("obj"));
}
