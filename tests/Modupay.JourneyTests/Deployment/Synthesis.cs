extern alias infra;

using System.Text.Json;
using System.Text.Json.Nodes;
using Amazon.CDK;
using infra::Modupay.Infra;

namespace Modupay.JourneyTests.Deployment;

/// <summary>
/// The three environments, synthesised once. The CDK's engine is one Node.js process for the whole test run, so nothing else runs beside it.
/// Accounts are invented here: a team that writes its own into cdk.json keeps the approved texts.
/// </summary>
public sealed class Synthesis : IDisposable
{
    private readonly string _output = Directory.CreateTempSubdirectory("modupay-synthesis-").FullName;

    public Synthesis() => Environments = EnvironmentSettings.Names.ToDictionary(name => name, Synthesise);

    internal IReadOnlyDictionary<string, SynthesisedEnvironment> Environments { get; }

    internal SynthesisedEnvironment Production => Environments["prod"];

    public void Dispose() => Directory.Delete(_output, recursive: true);

    private SynthesisedEnvironment Synthesise(string name)
    {
        var settings = EnvironmentSettings.For(name, "123456789012", "eu-central-1", "on-call@example.com");
        var folder = Path.Combine(_output, name);
        var app = new App(new AppProps { Outdir = folder, Context = FeatureFlags(), AnalyticsReporting = false, TreeMetadata = false });
        ModupayApp.Build(app, settings, new RepositoryRoot(Repository.Root));
        app.Synth();

        var templates = Directory.GetFiles(folder, "*.template.json").Order(StringComparer.Ordinal).Select(file => new SynthesisedStack(
            Path.GetFileName(file).Replace(".template.json", "").Replace($"Modupay-{name}-", ""),
            JsonNode.Parse(File.ReadAllText(file))!.AsObject()));
        return new SynthesisedEnvironment(name, [.. templates], JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "manifest.json")))!.AsObject());
    }

    /// <summary>The switches of cdk.json, so that tests see what the command line would synthesise.</summary>
    private static Dictionary<string, object> FeatureFlags() => JsonNode.Parse(File.ReadAllText(Repository.Path("cdk.json")))!["context"]!.AsObject()
        .Where(entry => entry.Key.StartsWith("@aws-cdk/", StringComparison.Ordinal))
        .ToDictionary(entry => entry.Key, entry => entry.Value is JsonArray list ? (object)list.Select(item => (string)item!).ToArray() : entry.Value!.GetValueKind() is JsonValueKind.True);
}

[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class DeploymentCollection : ICollectionFixture<Synthesis>
{
    public const string Name = "Deployment";
}

internal sealed record SynthesisedEnvironment(string Name, IReadOnlyList<SynthesisedStack> Stacks, JsonObject Assembly)
{
    public SynthesisedStack this[string stack] => Stacks.Single(candidate => candidate.Name == stack);

    public IEnumerable<Resource> All(string type) => Stacks.SelectMany(stack => stack.All(type));

    /// <summary>The functions of the manifest by logical name; the CDK's own helpers are not among them.</summary>
    public IReadOnlyDictionary<string, Resource> Functions => All("AWS::Lambda::Function")
        .Where(function => function.Text("Properties", "FunctionName") is not null)
        .ToDictionary(function => function.Text("Properties", "FunctionName")!.Replace($"modupay-{Name}-", ""));
}

internal sealed record SynthesisedStack(string Name, JsonObject Template)
{
    public IEnumerable<Resource> Resources => (Template["Resources"]?.AsObject() ?? []).Select(entry => new Resource(entry.Key, entry.Value!.AsObject()));

    public IEnumerable<Resource> All(string type) => Resources.Where(resource => resource.Type == type);
}

internal sealed record Resource(string Id, JsonObject Body)
{
    public string Type => (string)Body["Type"]!;

    public JsonNode? At(params object[] path) => path.Aggregate((JsonNode?)Body, (node, step) => step switch
    {
        string name => (node as JsonObject)?[name],
        int index => (node as JsonArray) is { } list && index < list.Count ? list[index] : null,
        _ => throw new ArgumentException("A path is made of names and indexes.", nameof(path)),
    });

    public string? Text(params object[] path) => At(path) is JsonValue value ? value.ToString() : null;

    /// <summary>The logical ids and literals anywhere below, for "does it mention that".</summary>
    public bool Mentions(string what) => Body.ToJsonString().Contains(what, StringComparison.Ordinal);
}
