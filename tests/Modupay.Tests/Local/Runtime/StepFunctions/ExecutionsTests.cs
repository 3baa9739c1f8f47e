using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Deployment;
using Modupay.Local.Cloud;
using Modupay.Local.Runtime;
using Modupay.Local.Runtime.StepFunctions;
using Xunit;

namespace Modupay.Tests.Local.Runtime.StepFunctions;

public sealed class ExecutionsTests : IDisposable
{
    private const string Definition = """
        {"StartAt":"First","States":{
          "First":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f","Payload":{"state.$":"$$.State.Name","input.$":"$"}},"ResultPath":null,"Next":"Pause"},
          "Pause":{"Type":"Wait","Seconds":60,"Next":"Last"},
          "Last":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f","Payload":{"state.$":"$$.State.Name","input.$":"$"}},"OutputPath":"$.Payload","End":true}}}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("modupay-executions-").FullName;
    private readonly ManualTime _time = new();
    private readonly List<string> _calls = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_name_starts_one_execution() => _time.Run(async () =>
    {
        await using var executions = Create();

        var (first, started) = executions.Start("w", "e1", """{"a":1}""");
        var (second, startedAgain) = executions.Start("w", "e1", """{"a":1}""");
        await first.Finished;

        Assert.Same(first, second);
        Assert.Equal((true, false), (started, startedAgain));
        Assert.Equal((ExecutionStatus.Succeeded, "\"done\""), (first.Record.Status, first.Record.Output));
        Assert.Equal(["""{"state":"First","input":{"a":1}}""", """{"state":"Last","input":{"a":1}}"""], _calls);
    });

    [Fact]
    public void An_interrupted_execution_goes_on_from_the_state_it_was_in() => _time.Run(async () =>
    {
        var before = Create();
        before.Start("w", "e1", """{"a":1}""");
        await Task.Delay(TimeSpan.FromSeconds(30), _time);
        await before.DisposeAsync();

        await using var after = Create();
        Assert.Equal(1, after.Resume());
        var resumed = after.Of("w").Single();
        await resumed.Finished;

        Assert.Equal(ExecutionStatus.Succeeded, resumed.Record.Status);
        Assert.Equal(["""{"state":"First","input":{"a":1}}""", """{"state":"Last","input":{"a":1}}"""], _calls);
        Assert.Equal(90, (_time.Now - ManualTime.NewYear).TotalSeconds);
    });

    [Fact]
    public void A_finished_execution_keeps_its_name_and_answer_over_a_restart() => _time.Run(async () =>
    {
        var before = Create();
        await before.Start("w", "e1", "{}").Execution.Finished;
        await before.DisposeAsync();

        await using var after = Create();
        Assert.Equal(0, after.Resume());
        var (kept, started) = after.Start("w", "e1", "{}");

        Assert.Equal((false, ExecutionStatus.Succeeded, "\"done\""), (started, kept.Record.Status, kept.Record.Output));
    });

    [Fact]
    public void A_state_that_is_gone_from_the_definition_fails_its_execution() => _time.Run(async () =>
    {
        var before = Create();
        before.Start("w", "e1", "{}");
        await Task.Delay(TimeSpan.FromSeconds(30), _time);
        await before.DisposeAsync();

        await using var after = Create("""{"StartAt":"Other","States":{"Other":{"Type":"Succeed"}}}""");
        after.Resume();

        Assert.Equal((ExecutionStatus.Failed, StateFailure.RuntimeError), (after.Of("w").Single().Record.Status, after.Of("w").Single().Record.Error));
    });

    [Fact]
    public void A_stopped_execution_stays_stopped() => _time.Run(async () =>
    {
        await using var executions = Create();
        var execution = executions.Start("w", "e1", "{}").Execution;
        await Task.Delay(TimeSpan.FromSeconds(30), _time);

        executions.Stop(execution, "Operator", "enough");
        await Task.Delay(TimeSpan.FromSeconds(60), _time);

        Assert.Equal((ExecutionStatus.Aborted, "Operator"), (execution.Record.Status, execution.Record.Error));
        Assert.Single(_calls);
    });

    [Fact]
    public void The_first_ending_of_an_execution_counts()
    {
        var execution = new Execution(new ExecutionRecord("w", "e1", "{}", _time.Now), new ExecutionStore(folder: null), _time);

        execution.End(ExecutionStatus.Aborted, output: null, "Operator", "enough");
        execution.End(ExecutionStatus.Succeeded, "1", error: null, cause: null);

        Assert.Equal((ExecutionStatus.Aborted, null), (execution.Record.Status, execution.Record.Output));
        Assert.Equal(["ExecutionAborted"], execution.History.Select(item => item.Type));
    }

    [Fact]
    public void A_write_starts_the_workflow_of_its_rule_once_however_often_it_is_told() => _time.Run(async () =>
    {
        await using var executions = Create();
        var bridge = new EventBridge([new("arrived", "inbox", "statements/", "w")], executions);

        var arrived = new ObjectNews("inbox", "statements/é a.sta", 10, "\"abc\"", "0001", "PutObject", _time.Now);

        foreach (var created in new[] { arrived with { Key = "other/a.sta" }, arrived with { Bucket = "archive" }, arrived, arrived })
            await bridge.ObjectCreatedAsync(created, CancellationToken.None);

        var execution = Assert.Single(executions.Of("w"));
        var input = System.Text.Json.JsonSerializer.Deserialize(execution.Record.Input, Triggers.TriggerJson.Default.ObjectCreatedEvent)!;
        Assert.Equal(input.Id, execution.Record.Name);
        Assert.Equal(("aws.s3", "Object Created", "inbox", "statements/é a.sta", 10, "abc"), (input.Source, input.DetailType, input.Detail.Bucket.Name, input.Detail.Object.Key, input.Detail.Object.Size, input.Detail.Object.Etag));
        await execution.Finished;

        await bridge.ObjectCreatedAsync(arrived with { Sequencer = "0002" }, CancellationToken.None);
        Assert.Equal(2, executions.Of("w").Count());
    });

    [Fact]
    public void Schedules_run_at_their_interval_or_when_asked() => _time.Run(async () =>
    {
        using var stop = new CancellationTokenSource();
        var scheduler = new Scheduler([new ScheduleSpec("sweep", "f", EverySeconds: 60)], Functions(), _time, NullLogger.Instance);
        var running = scheduler.RunAsync(stop.Token);

        await Task.Delay(TimeSpan.FromSeconds(150), _time);
        Assert.NotNull(await scheduler.TriggerAsync("sweep", CancellationToken.None));
        Assert.Null(await scheduler.TriggerAsync("unknown", CancellationToken.None));

        Assert.Equal(["01:00", "02:00", "02:30"], _calls.Select(call => call.Split("00:")[1][..5]));
        await stop.CancelAsync();
        await running;
    });

    private Executions Create(string definition = Definition) => new(
        new Dictionary<string, StateMachine> { ["w"] = DefinitionLoader.Load(definition) }, Functions(), new ExecutionStore(_folder), _time, NullLogger.Instance);

    private InProcessFunctions Functions() => new(new Dictionary<string, (FunctionHandler, TimeSpan)>
    {
        ["f"] = ((payload, _, _) =>
        {
            _calls.Add(Encoding.UTF8.GetString(payload.Span));
            return Task.FromResult<ReadOnlyMemory<byte>>("\"done\""u8.ToArray());
        }, TimeSpan.FromMinutes(1)),
    }, _time);
}
