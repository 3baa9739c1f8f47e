using Xunit.Sdk;

namespace Modupay.JourneyTests;

public sealed class ApprovedTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("modupay-approved-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_difference_fails_with_its_line_and_leaves_what_was_received()
    {
        File.WriteAllText(Path.Combine(_folder, "text.approved.txt"), "same\nold\n");
        var failure = Assert.Throws<FailException>(() => Compare("same\nnew", accept: false));
        Assert.Contains("line 2", failure.Message);
        Assert.Equal("same\nnew\n", File.ReadAllText(Path.Combine(_folder, "text.received.txt")));
        Assert.Equal("same\nold\n", File.ReadAllText(Path.Combine(_folder, "text.approved.txt")));
    }

    [Fact]
    public void A_text_that_was_never_approved_fails() => Assert.Throws<FailException>(() => Compare("new", accept: false));

    [Fact]
    public void An_accepted_text_passes_from_then_on_and_leaves_nothing_behind()
    {
        Assert.Throws<FailException>(() => Compare("new", accept: false));
        Compare("new", accept: true);
        Compare("new\r\n", accept: false);
        Assert.Equal(["text.approved.txt"], Directory.GetFiles(_folder).Select(Path.GetFileName));
    }

    private void Compare(string received, bool accept) => Approved.Matches(received, "text.approved.txt", Path.Combine(_folder, "Test.cs"), accept);
}
