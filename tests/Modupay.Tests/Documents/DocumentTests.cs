using System.Text.RegularExpressions;
using Modupay.Local.Verbs;
using Xunit;

namespace Modupay.Tests.Documents;

/// <summary>What the documents point at is there: a link, a file or folder in code marks, a verb, a decision.</summary>
public sealed partial class DocumentTests
{
    private static readonly string[] Skipped = ["node_modules", "bin", "obj", ".git", ".modupay", "cdk.out", "artifacts", "TestResults"];
    private static readonly IReadOnlyList<string> Files = [.. FilesBelow(new DirectoryInfo(Repository.Root)).Select(file => "/" + Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'))];
    private static readonly HashSet<string> Folders = [.. Files.SelectMany(Above)];
    private static readonly HashSet<string> Names = [.. Folders.SelectMany(folder => folder.Split('/'))];
    /// <summary>What a build or a run makes.</summary>
    private static readonly string[] Made = [".modupay/", "artifacts/"];

    public static TheoryData<string> Documents => [.. Files.Where(file => file.EndsWith(".md", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Documents))]
    public void Every_link_leads_somewhere(string document) => Assert.Equal([], Links().Matches(Read(document)).Select(link => link.Groups["target"].Value.Split('#')[0])
        .Where(link => link.Length > 0 && !link.Contains("://", StringComparison.Ordinal))
        .Where(link => !Path.Exists(Path.Combine(Repository.Root, document[1..], "..", link))));

    /// <summary>A path may begin anywhere: <c>Banking/Payouts</c> is enough where everybody knows which product is meant.</summary>
    [Theory, MemberData(nameof(Documents))]
    public void Every_path_in_code_marks_exists(string document) => Assert.Equal([], Mentions().Matches(CodeBlocks().Replace(Read(document), "")).Select(mention => mention.Groups["target"].Value.TrimEnd('/'))
        .Where(IsPath).Where(path => !Exists(document, path)));

    [Theory, MemberData(nameof(Documents))]
    public void Every_verb_is_one(string document) => Assert.Equal([], Verbs().Matches(Read(document)).Select(verb => verb.Groups["target"].Value.Trim())
        .Where(words => !Verb.All.Any(verb => words == verb.Name || words.StartsWith(verb.Name + " ", StringComparison.Ordinal))));

    [Fact]
    public void Every_decision_is_listed_once()
    {
        var decisions = Files.Where(file => file.StartsWith("/docs/decisions/0", StringComparison.Ordinal)).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal);
        Assert.Equal(decisions, Links().Matches(Read("/docs/decisions/README.md")).Select(link => link.Groups["target"].Value));
    }

    [Theory]
    [InlineData("Banking/Payouts/Nowhere.cs", true)]
    [InlineData("docs/decisions/0001", true)]
    [InlineData("Slice.cs", true)]
    [InlineData("/v1/payouts", false)]
    [InlineData("payout.created.v1", false)]
    [InlineData("application/json", false)]
    public void What_counts_as_a_path(string text, bool expected) => Assert.Equal(expected, IsPath(text));

    /// <summary>What begins with a slash is an address of the API; what begins with a name no folder has is not about this repository.</summary>
    private static bool IsPath(string text) => !text.StartsWith('/') && !Made.Any(folder => text.StartsWith(folder, StringComparison.Ordinal))
        && (FileNames().IsMatch(text) || (PathNames().IsMatch(text) && Names.Contains(text.Split('/').First(part => part is not ".."))));

    private static bool Exists(string document, string path) => Path.Exists(Path.Combine(Repository.Root, document[1..], "..", path))
        || Files.Any(file => file.EndsWith('/' + path, StringComparison.Ordinal)) || Folders.Any(folder => folder.EndsWith('/' + path, StringComparison.Ordinal));

    private static string Read(string document) => File.ReadAllText(Path.Combine(Repository.Root, document[1..]));

    private static IEnumerable<string> FilesBelow(DirectoryInfo folder) => folder.EnumerateFiles().Select(file => file.FullName)
        .Concat(folder.EnumerateDirectories().Where(below => !Skipped.Contains(below.Name, StringComparer.Ordinal)).SelectMany(FilesBelow));

    private static IEnumerable<string> Above(string file)
    {
        for (var end = file.LastIndexOf('/'); end > 0; end = file.LastIndexOf('/', end - 1)) yield return file[..end];
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Links();

    [GeneratedRegex("`(?<target>[^`\n]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Mentions();

    [GeneratedRegex("^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline, 1000)]
    private static partial Regex CodeBlocks();

    [GeneratedRegex(@"^(\.\./)*\w[\w./-]*\.(cs|md|json|sql|mjs|csproj|props|targets|txt|avsc|sln)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FileNames();

    [GeneratedRegex(@"^[\w.-]+(/[\w.-]+)+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PathNames();

    /// <summary>A verb that is called, or one in code marks after the two dashes.</summary>
    [GeneratedRegex(@"Modupay\.Local(?:\.csproj)? +-- +(?<target>[a-z]+([ -][a-z]+)*)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Verbs();
}
