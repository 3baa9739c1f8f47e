using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Modupay.JourneyTests.Deployment;

/// <summary>Production as it was last reviewed, template by template; of the other environments, what they are made of.</summary>
[Collection(DeploymentCollection.Name)]
public sealed partial class ApprovedTemplateTests(Synthesis synthesis)
{
    // The reader of a diff wants quotes and arrows, not \u0022.
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, IndentSize = 1, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] StackNames = ["Api", "Data", "Edge", "Functions", "Hsm", "Messaging", "Migration", "Network", "Observability", "Workflows"];

    public static TheoryData<string> Stacks => [.. StackNames];

    [Theory]
    [MemberData(nameof(Stacks))]
    public void Production_is_what_was_approved(string stack) =>
        Approved.Matches(Normalise(synthesis.Production[stack].Template), $"approved/{stack}.approved.json");

    [Fact]
    public void Every_stack_of_production_is_approved() =>
        Assert.Equal(StackNames, synthesis.Production.Stacks.Select(stack => stack.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void Each_environment_is_made_of_what_was_approved()
    {
        var text = new StringBuilder();
        foreach (var environment in synthesis.Environments.Values)
        {
            text.Append(environment.Name).Append(", ").Append(environment.Stacks.Sum(stack => stack.Resources.Count())).Append(" resources\n");
            foreach (var stack in environment.Stacks)
            {
                text.Append("  ").Append(stack.Name).Append(", ").Append(stack.Resources.Count()).Append('\n');
                foreach (var type in stack.Resources.GroupBy(resource => resource.Type).OrderBy(type => type.Key, StringComparer.Ordinal))
                    text.Append(type.Count().ToString().PadLeft(7)).Append(' ').Append(type.Key).Append('\n');
            }
        }
        Approved.Matches(text.ToString(), "approved/resources.approved.txt");
    }

    /// <summary>Takes out what changes without anybody having changed anything: paths for tooling, bootstrap plumbing and hashes of code.</summary>
    private static string Normalise(JsonObject template)
    {
        var copy = template.DeepClone().AsObject();
        foreach (var plumbing in new[] { "Parameters", "Rules", "Mappings" }) copy.Remove(plumbing);
        foreach (var (_, resource) in copy["Resources"]!.AsObject())
        {
            resource!.AsObject().Remove("Metadata");
            if (resource["Properties"]?["DefinitionString"] is not null) resource["Properties"]!["DefinitionString"] = "<the file beside its tasks>";
        }
        return Hash().Replace(Version().Replace(copy.ToJsonString(Readable), "CurrentVersion"), "<hash>");
    }

    [GeneratedRegex("CurrentVersion[0-9A-F]{8}[0-9a-f]{32}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Version();

    [GeneratedRegex("[0-9a-f]{64}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Hash();
}
