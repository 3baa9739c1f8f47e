using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Modupay.Local.Fuzz;

namespace Modupay.Local.Verbs;

/// <summary>Sends every endpoint what it does not expect, and reports any answer that is not a clear refusal.</summary>
internal static partial class FuzzApi
{
    public static readonly Verb Verb = new("fuzz api", "send malformed requests to every endpoint and look for a failure", """
        dotnet run --project src/Modupay.Local -- fuzz api [--requests N] [--seed N] [--only N] [--url URL --key KEY] [--json]

        Reads the OpenAPI document and sends each operation wrong types, broken JSON, ids of other things, strange headers and queries. No answer
        may be a 5xx, lack its error code or stay away. Without --url it starts a platform of its own.

          --requests N   how many (5000)
          --seed N       the same seed sends the same requests (1)
          --only N       send that one request of the seed
          --url, --key   an API that is running, never one with data that matters: some requests are valid
          --json         print one JSON object

        The exit code is 0 when nothing was found and 2 otherwise.
        """, RunAsync);

    private static async Task<int> RunAsync(Arguments arguments, CancellationToken ct)
    {
        var requests = arguments.Number("--requests", 5000, 1, 10_000_000);
        var seed = arguments.Number("--seed", 1, 0, int.MaxValue);
        var only = arguments.Number("--only", -1, 0, int.MaxValue);
        var (url, key) = (arguments.Option("--url"), arguments.Option("--key"));
        var json = arguments.Flag("--json");
        arguments.Nothing();
        if (url is null != key is null) throw new ArgumentsException("--url and --key belong together.");

        await using var cloud = url is null ? await LocalCloud.StartAsync(new LocalCloudOptions { Ephemeral = true, Progress = message => { if (!json) Console.WriteLine(message); } }, ct) : null;
        if (cloud is not null) (url, key) = (cloud.ApiUrl, (await DemoOrganization.CreateAsync(cloud, ct)).ApiKey);

        var fuzzer = await PrepareAsync(url!, key!, seed, ct);
        var findings = await fuzzer.RunAsync(requests, parallel: 4, ct, only < 0 ? null : only);
        if (json) Console.WriteLine(ToJson(fuzzer, findings, seed).ToJsonString());
        else Print(fuzzer, findings, seed);
        return findings.Count == 0 ? 0 : 2;
    }

    /// <summary>Reads the contract, and what the key can see, so that some requests get past the first check.</summary>
    internal static async Task<ApiFuzzer> PrepareAsync(string url, string key, int seed, CancellationToken ct)
    {
        using var reader = new ApiClient(url, key);
        var contract = new ApiContract((await reader.GetAsync("/openapi/v1.json", ct)).Body!);
        var ids = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var list in contract.Operations.Where(operation => operation.Method == HttpMethod.Get && !operation.Path.Contains('{')))
        {
            var answer = await reader.GetAsync(list.Path, ct);
            foreach (Match match in Ids().Matches(answer.Body?.ToJsonString() ?? "")) ids.Add(match.Value);
        }
        // With its own key's id it would sooner or later revoke itself, and then every answer is the same.
        ids.RemoveWhere(id => id.StartsWith("key_", StringComparison.Ordinal));
        return new ApiFuzzer(new HttpClient { BaseAddress = new Uri(url) }, contract, key, [.. ids], seed);
    }

    private static void Print(ApiFuzzer fuzzer, IReadOnlyList<FuzzFinding> findings, int seed)
    {
        Console.WriteLine($"\n{fuzzer.Statuses.Values.Sum()} answers: {string.Join(", ", fuzzer.Statuses.Select(status => $"{status.Value} × {status.Key}"))}");
        foreach (var finding in findings.Take(50)) Console.WriteLine($"\n#{finding.Number}  {finding.Operation}\n  sent      {finding.What}\n  answered  {finding.Answer}");
        Console.WriteLine(findings.Count == 0 ? "Nothing found." : $"\n{findings.Count} found. Repeat one with: fuzz api --seed {seed} --only NUMBER");
    }

    private static JsonObject ToJson(ApiFuzzer fuzzer, IReadOnlyList<FuzzFinding> findings, int seed) => new()
    {
        ["seed"] = seed,
        ["statuses"] = new JsonObject(fuzzer.Statuses.Select(status => KeyValuePair.Create(status.Key.ToString(), (JsonNode?)status.Value))),
        ["findings"] = new JsonArray([.. findings.Select(finding => (JsonNode)new JsonObject
        {
            ["number"] = finding.Number, ["operation"] = finding.Operation, ["sent"] = finding.What, ["answered"] = finding.Answer, ["requestId"] = finding.RequestId,
        })]),
    };

    [GeneratedRegex("\\b[a-z]{2,4}_[0-7][0-9a-z]{25}\\b", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Ids();
}
