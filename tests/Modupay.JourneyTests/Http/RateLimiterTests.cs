using Amazon.DynamoDBv2;
using Amazon.Runtime;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Http.RateLimiting;
using Modupay.JourneyTests.Banking;

namespace Modupay.JourneyTests.Http;

/// <summary>Several sandboxes, one caller: each has a limiter of its own, and all share the table.</summary>
public sealed class RateLimiterTests(CoordinationTable table) : IClassFixture<CoordinationTable>
{
    private static readonly RatePolicy Policy = new("credential", Limit: 200, TimeSpan.FromMinutes(1));

    private readonly ManualTime _time = new();
    private readonly string _subject = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString();

    [Fact]
    public async Task Many_sandboxes_together_let_through_the_limit_and_not_one_more()
    {
        var sandboxes = Enumerable.Range(0, 8).Select(_ => Sandbox()).ToList();
        var answers = await Task.WhenAll(Enumerable.Range(0, 400).Select(i => sandboxes[i % 8].TakeAsync(Policy, _subject, default)));
        // What a sandbox counted ahead and nobody asked it for is lost, at most a fiftieth of the limit each.
        Assert.InRange(answers.Count(answer => answer.Allowed), Policy.Limit - 8 * (Policy.Limit / 50), Policy.Limit);
    }

    [Fact]
    public async Task A_caller_that_waits_as_long_as_it_was_told_passes_at_another_sandbox()
    {
        var first = Sandbox();
        RateAnswer answer;
        do answer = await first.TakeAsync(Policy, _subject, default);
        while (answer.Allowed);
        Assert.InRange(answer.Wait, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(2));
        Assert.False((await Sandbox().TakeAsync(Policy, _subject, default)).Allowed);
        _time.Advance(answer.Wait);
        Assert.True((await Sandbox().TakeAsync(Policy, _subject, default)).Allowed);
    }

    [Fact]
    public async Task A_busy_sandbox_asks_the_table_less_and_less_often()
    {
        var counting = new CountingClient(table.Client);
        var limiter = new RateLimiter(new RateTable(counting.Client, CoordinationTable.Name), _time, NullLogger<RateLimiter>.Instance);
        for (var i = 0; i < 100; i++) Assert.True((await limiter.TakeAsync(Policy, _subject, default)).Allowed);
        // 1, 2, 4, 4, 4 …: a fiftieth of 200 at most.
        Assert.InRange(counting.Requests, 2, 32);
    }

    [Fact]
    public async Task Callers_do_not_count_for_each_other()
    {
        var sandbox = Sandbox();
        while ((await sandbox.TakeAsync(Policy, _subject, default)).Allowed) { }
        Assert.True((await sandbox.TakeAsync(Policy, _subject + "/other", default)).Allowed);
    }

    [Fact]
    public async Task Without_the_table_each_sandbox_counts_alone()
    {
        using var nobody = CoordinationTable.Connect("http://127.0.0.1:1");
        var limiter = new RateLimiter(new RateTable(nobody, CoordinationTable.Name), _time, NullLogger<RateLimiter>.Instance);
        var passed = 0;
        while ((await limiter.TakeAsync(Policy, _subject, default)).Allowed && passed <= Policy.Limit) passed++;
        Assert.Equal(Policy.Limit, passed);
    }

    private RateLimiter Sandbox() => new(new RateTable(table.Client, CoordinationTable.Name), _time, NullLogger<RateLimiter>.Instance);

    /// <summary>The same table, and how often it was asked.</summary>
    private sealed class CountingClient
    {
        public int Requests { get; private set; }

        public IAmazonDynamoDB Client { get; }

        public CountingClient(AmazonDynamoDBClient table)
        {
            var client = CoordinationTable.Connect(table.Config.ServiceURL);
            client.AfterResponseEvent += (_, _) => Requests++;
            Client = client;
        }
    }
}
