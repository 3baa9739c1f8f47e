using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Banking.Connectors;
using Modupay.Banking.Connectors.Breaker;
using Modupay.Local.Cloud;

namespace Modupay.JourneyTests.Banking;

/// <summary>Several sandboxes, one circuit: each has a breaker object of its own, and all share the table.</summary>
public sealed class CircuitBreakerTests(CoordinationTable table) : IClassFixture<CoordinationTable>
{
    private static readonly BreakerPolicy Policy = new(Failures: 3, Window: TimeSpan.FromSeconds(60), OpenFor: TimeSpan.FromSeconds(30), ProbeFor: TimeSpan.FromSeconds(20));

    private readonly ManualTime _time = new();
    private readonly string _name = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString();

    [Fact]
    public async Task Failures_seen_by_several_sandboxes_open_the_circuit_for_all_of_them()
    {
        var (first, second, third) = (Sandbox(), Sandbox(), Sandbox());
        await first.RecordAsync(false, default);
        await second.RecordAsync(false, default);
        Assert.Equal(TimeSpan.Zero, await third.AdmitAsync(default));
        await first.RecordAsync(false, default);

        // What a sandbox has read is good for a second.
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(29), await second.AdmitAsync(default));
        Assert.Equal(TimeSpan.FromSeconds(29), await third.AdmitAsync(default));
    }

    [Fact]
    public async Task Failures_at_the_same_moment_all_count()
    {
        var policy = Policy with { Failures = 4 };
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Sandbox(policy).RecordAsync(false, default)));
        Assert.True(await Sandbox(policy).AdmitAsync(default) > TimeSpan.Zero);
    }

    [Fact]
    public async Task After_a_while_one_of_many_probes_and_its_success_closes_the_circuit_for_all()
    {
        await OpenAsync();
        var sandboxes = Enumerable.Range(0, 10).Select(_ => Sandbox()).ToList();
        // All of them have read the same state when its time is over, so it is the writes that meet.
        _time.Advance(TimeSpan.FromSeconds(29.5));
        foreach (var sandbox in sandboxes) Assert.True(await sandbox.AdmitAsync(default) > TimeSpan.Zero);
        _time.Advance(TimeSpan.FromSeconds(0.5));
        var waits = await Task.WhenAll(sandboxes.Select(sandbox => sandbox.AdmitAsync(default)));
        Assert.Equal(1, waits.Count(wait => wait == TimeSpan.Zero));

        await sandboxes[Array.IndexOf(waits, TimeSpan.Zero)].RecordAsync(true, default);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.All(await Task.WhenAll(sandboxes.Select(sandbox => sandbox.AdmitAsync(default))), wait => Assert.Equal(TimeSpan.Zero, wait));
    }

    [Fact]
    public async Task A_probe_that_fails_leaves_the_bank_alone_for_another_while()
    {
        await OpenAsync();
        _time.Advance(TimeSpan.FromSeconds(30));
        var probe = Sandbox();
        Assert.Equal(TimeSpan.Zero, await probe.AdmitAsync(default));
        await probe.RecordAsync(false, default);
        Assert.Equal(TimeSpan.FromSeconds(30), await Sandbox().AdmitAsync(default));
    }

    [Fact]
    public async Task A_success_forgets_the_failures_before_it()
    {
        var sandbox = Sandbox();
        await sandbox.RecordAsync(false, default);
        await sandbox.RecordAsync(false, default);
        await sandbox.RecordAsync(true, default);
        await sandbox.RecordAsync(false, default);
        await sandbox.RecordAsync(false, default);
        Assert.Equal(TimeSpan.Zero, await Sandbox().AdmitAsync(default));
    }

    [Fact]
    public async Task A_circuit_nobody_used_for_a_day_is_closed_even_if_its_item_is_still_there()
    {
        await OpenAsync();
        _time.Advance(TimeSpan.FromDays(2));
        var sandbox = Sandbox();
        Assert.Equal(TimeSpan.Zero, await sandbox.AdmitAsync(default));
        await sandbox.RecordAsync(false, default);
        Assert.Equal(TimeSpan.Zero, await Sandbox().AdmitAsync(default));
    }

    [Fact]
    public async Task Every_change_of_state_is_one_line()
    {
        var lines = new ConcurrentQueue<string>();
        var sandbox = Sandbox(log: new Lines(lines));
        for (var i = 0; i < 3; i++) await sandbox.RecordAsync(false, default);
        _time.Advance(TimeSpan.FromSeconds(30));
        await sandbox.AdmitAsync(default);
        await sandbox.RecordAsync(true, default);
        Assert.Equal(["from Closed to Open", "from Open to HalfOpen", "from HalfOpen to Closed"], lines.Select(line => line[line.IndexOf("from", StringComparison.Ordinal)..line.IndexOf(" after", StringComparison.Ordinal)]));
    }

    [Fact]
    public async Task When_the_table_does_not_answer_calls_pass()
    {
        using var nobody = CoordinationTable.Connect($"http://127.0.0.1:{Ports.Free()}");
        var lines = new ConcurrentQueue<string>();
        var breaker = new CircuitBreaker(_name, Policy, new BreakerTable(nobody, CoordinationTable.Name), _time, new Lines(lines));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(TimeSpan.Zero, await breaker.AdmitAsync(default));
            await breaker.RecordAsync(false, default);
        }

        Assert.Contains(lines, line => line.Contains("calls pass without it", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_connector_whose_circuit_is_open_does_not_call_the_bank()
    {
        // A clock that stands still: a table that is slow today would let the calls pass.
        await using var rig = await BankRig.StartAsync(table, new ManualTime(TimeProvider.System.GetUtcNow()));
        var connector = rig.Connector(change: configuration => configuration["breaker"] = new System.Text.Json.Nodes.JsonObject { ["failures"] = 2, ["openSeconds"] = 60 });
        await rig.Bank.ScriptAsync(["unavailable", "unavailable"], default);
        await connector.SendAsync(BankRig.Order(), default);
        await connector.SendAsync(BankRig.Order(), default);

        var order = BankRig.Order();
        var refused = Assert.IsType<BankAnswer.NotSent>(await connector.SendAsync(order, default));
        Assert.InRange(refused.RetryAfter.TotalSeconds, 30, 60);
        Assert.IsType<BankAnswer.InDoubt>(await connector.FindAsync(order.EndToEndId, default));
        Assert.Null(await rig.Bank.FindOrderAsync(order.EndToEndId, default));
        Assert.Equal(2, rig.Calls.Count);
    }

    private CircuitBreaker Sandbox(BreakerPolicy? policy = null, ILogger? log = null) => new(_name, policy ?? Policy, table.Breakers, _time, log ?? NullLogger.Instance);

    private async Task OpenAsync()
    {
        var sandbox = Sandbox();
        for (var i = 0; i < Policy.Failures; i++) await sandbox.RecordAsync(false, default);
        Assert.True(await Sandbox().AdmitAsync(default) > TimeSpan.Zero);
    }

    private sealed class Lines(ConcurrentQueue<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => lines.Enqueue(formatter(state, exception));
    }
}
