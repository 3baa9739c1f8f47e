using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Modupay.Deployment;

namespace Modupay.JourneyTests.Deployment;

/// <summary>The template writes the variables that <see cref="Settings"/> reads. The names are learned by asking it for everything it knows.</summary>
[Collection(DeploymentCollection.Name)]
public sealed class VariableTests(Synthesis synthesis)
{
    // Read by AWS's adapter and not by us.
    private static readonly string[] ReadByTheWebAdapter = ["AWS_LWA_READINESS_CHECK_PATH", "AWS_LWA_READINESS_CHECK_HEALTHY_STATUS"];

    [Theory]
    [InlineData("dev")]
    [InlineData("staging")]
    [InlineData("prod")]
    public void Every_variable_a_function_is_given_is_one_that_settings_reads(string name)
    {
        var known = NamesThatSettingsReads();
        Assert.Contains("DATABASE_SECRET", known);
        Assert.Contains("QUEUE_PAYOUT_DISPATCH", known);
        foreach (var (function, resource) in synthesis.Environments[name].Functions)
            Assert.Empty(Variables(resource).Except(known).Except(ReadByTheWebAdapter).Select(variable => $"{function} is given {variable}, which nothing reads"));
    }

    [Theory]
    [InlineData("dev")]
    [InlineData("prod")]
    public void A_function_is_told_of_what_it_needs_and_of_nothing_else(string name)
    {
        foreach (var spec in Manifest.Functions)
        {
            var resource = synthesis.Environments[name].Functions[spec.Name];
            string[] expected = [.. FunctionVariables.Of(spec), .. spec.Trigger is Trigger.Http ? ["AWS_LWA_PORT", .. ReadByTheWebAdapter] : Array.Empty<string>()];
            Assert.Equal(expected.Order(StringComparer.Ordinal), Variables(resource).Order(StringComparer.Ordinal));
            Assert.Equal(spec.Name, resource.Text("Properties", "Environment", "Variables", "MODUPAY_FUNCTION"));
        }
    }

    [Fact]
    public void A_function_connects_as_the_role_its_needs_name()
    {
        foreach (var (flag, role) in new[] { (Needs.Database, "app"), (Needs.RelayDatabase, "relay"), (Needs.OwnerDatabase, "owner") })
            foreach (var spec in Manifest.Functions.Where(spec => spec.Needs.HasFlag(flag)))
                Assert.Equal($"modupay/prod/database/{role}", synthesis.Production.Functions[spec.Name].Text("Properties", "Environment", "Variables", "DATABASE_SECRET"));
    }

    private static IEnumerable<string> Variables(Resource function) => function.At("Properties", "Environment", "Variables")!.AsObject().Select(variable => variable.Key);

    private static HashSet<string> NamesThatSettingsReads()
    {
        var asked = new HashSet<string>(StringComparer.Ordinal);
        string[] logicalNames = [.. Manifest.Queues.Select(queue => queue.Name), .. Manifest.Buckets.Select(bucket => bucket.Name), .. Manifest.Tables.Select(table => table.Name), .. Manifest.Keys.Select(key => key.Name)];
        // Once with every variable set and once with none, because a fallback is only asked for when the first name is missing.
        foreach (var settings in new[] { new Settings(new Recorder(asked, "1")), new Settings(new Recorder(asked, null)) })
        {
            foreach (var property in typeof(Settings).GetProperties()) Ask(() => property.GetValue(settings));
            foreach (var method in typeof(Settings).GetMethods().Where(method => !method.IsStatic && !method.IsSpecialName && method.DeclaringType == typeof(Settings) && method.GetParameters() is [{ ParameterType: var type }] && type == typeof(string)))
                foreach (var name in logicalNames) Ask(() => method.Invoke(settings, [name]));
        }
        return asked;

        static void Ask(Func<object?> read)
        {
            try { _ = read(); }
            catch (TargetInvocationException missing) when (missing.InnerException is InvalidOperationException) { /* A required name was asked for and recorded. */ }
        }
    }

    private sealed class Recorder(HashSet<string> asked, string? answer) : IReadOnlyDictionary<string, string>
    {
        public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value)
        {
            asked.Add(key);
            value = answer;
            return answer is not null;
        }

        public bool ContainsKey(string key) => TryGetValue(key, out _);
        public string this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException(key);
        public IEnumerable<string> Keys => [];
        public IEnumerable<string> Values => [];
        public int Count => 0;
        public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => Enumerable.Empty<KeyValuePair<string, string>>().GetEnumerator();
        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
