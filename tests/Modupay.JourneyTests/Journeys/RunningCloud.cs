using System.Collections.Concurrent;
using Modupay.Local;

namespace Modupay.JourneyTests.Journeys;

/// <summary>One platform with child processes for all journeys; each journey makes an organization of its own.</summary>
public sealed class RunningCloud : IAsyncLifetime
{
    internal LocalCloud Cloud { get; private set; } = null!;

    internal ConcurrentQueue<string> Lines { get; } = new();

    /// <summary>What the functions said last of their own failures: an answer of 500 does not tell why.</summary>
    internal string LastErrors => string.Join('\n', Lines.Where(line => line.Contains("\"LogLevel\":\"Error\"", StringComparison.Ordinal)).TakeLast(3));

    public async Task InitializeAsync() => Cloud = await LocalCloud.StartAsync(new LocalCloudOptions
    {
        Ephemeral = true,
        Output = (source, line) => Lines.Enqueue($"{source}\t{line}"),
    }, CancellationToken.None);

    public async Task DisposeAsync() => await Cloud.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class Journeys : ICollectionFixture<RunningCloud>
{
    public const string Name = "journeys over one platform";
}
