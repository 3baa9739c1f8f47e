using Modupay.Local.Bench;
using Xunit;

namespace Modupay.Tests.Formats;

public sealed class FuzzTests
{
    [Theory]
    [InlineData("mt940")]
    [InlineData("mt942")]
    [InlineData("camt053")]
    [InlineData("camt054")]
    [InlineData("csv")]
    [InlineData("pain002")]
    public void Broken_files_break_no_reader(string folder)
    {
        var seeds = Directory.GetFiles(Path.Combine(Samples.Root, folder)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToList();
        for (var seed = 1; seed <= 3; seed++)
        {
            var failure = FormatFuzzer.Run(seeds, seed, iterations: 400);
            Assert.True(failure is null, $"seed {seed}: {failure?.Failure}\n{(failure is { } found ? Convert.ToBase64String(found.Input) : "")}");
        }
    }
}
