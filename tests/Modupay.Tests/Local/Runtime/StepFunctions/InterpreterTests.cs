using System.Text.Json.Nodes;
using Modupay.Local.Runtime;
using Modupay.Local.Runtime.StepFunctions;
using Xunit;

namespace Modupay.Tests.Local.Runtime.StepFunctions;

public sealed class InterpreterTests
{
    [Fact]
    public void A_task_sees_its_state_execution_and_input_and_its_answer_is_wrapped()
    {
        var machine = new Machine();

        var output = machine.Run(Machine.Single("""{ INVOKE, "End":true }"""), """{"a":"é"}""");

        Same("""{"ExecutedVersion":"$LATEST","Payload":{"state":"S","execution":"e1","input":{"a":"é"}},"StatusCode":200}""", output);
    }

    [Fact]
    public void Paths_choose_what_goes_in_and_what_comes_out()
    {
        var state = """{ INVOKE, "InputPath":"$.in","ResultSelector":{"got.$":"$.Payload.input"},"ResultPath":"$.out.here","OutputPath":"$.out","End":true }""";

        Same("""{"kept":true,"here":{"got":1}}""", new Machine().Run(Machine.Single(state), """{"in":1,"out":{"kept":true}}"""));
    }

    [Fact]
    public void A_null_path_drops_the_result_or_the_input()
    {
        var state = """{ INVOKE, "InputPath":null,"ResultPath":null,"End":true }""";
        JsonNode? seen = null;
        var machine = new Machine { Function = (payload, _) => Task.FromResult<JsonNode?>(seen = payload["input"]!.DeepClone()) };

        Same("""{"a":1}""", machine.Run(Machine.Single(state), """{"a":1}"""));
        Same("{}", seen);
    }

    [Fact]
    public void Retries_wait_longer_each_time_and_then_the_catcher_takes_over()
    {
        var calls = new List<double>();
        var machine = new Machine();
        machine = new Machine { Function = (_, _) => { calls.Add(machine.Elapsed.TotalSeconds); throw new LambdaError("Bank.Busy", "later"); } };

        var output = machine.Run("""
            {"StartAt":"S","States":{
              "S":{ INVOKE, "Next":"Never","Retry":[{"ErrorEquals":["Bank.Busy"],"IntervalSeconds":2,"BackoffRate":3,"MaxAttempts":3,"MaxDelaySeconds":10}],
                    "Catch":[{"ErrorEquals":["Other"],"Next":"Never"},{"ErrorEquals":["States.TaskFailed"],"ResultPath":"$.error","Next":"Caught"}]},
              "Never":{"Type":"Fail"}, "Caught":{"Type":"Pass","End":true}}}
            """, """{"id":7}""");

        Assert.Equal([0, 2, 8, 18], calls);
        Same("""{"id":7,"error":{"Error":"Bank.Busy","Cause":"{\"errorMessage\":\"later\",\"errorType\":\"Bank.Busy\"}"}}""", output);
        Assert.Equal(["0s /S", "18s /Caught"], machine.Path);
    }

    [Fact]
    public void An_error_nobody_catches_fails_the_execution_under_its_name()
    {
        var machine = new Machine { Function = (_, _) => throw new LambdaError("Statement.Unreadable", "line 3") };

        var failure = Assert.Throws<StateFailure>(() => machine.Run(Machine.Single("""{ INVOKE, "End":true, "Catch":[{"ErrorEquals":["Other"],"Next":"S"}] }""")));

        Assert.Equal("Statement.Unreadable", failure.Error);
    }

    [Fact]
    public void A_function_that_is_not_there_has_AWSs_error_name()
    {
        var failure = Assert.Throws<StateFailure>(() => new Machine().Run(Machine.Single(
            """{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"arn:aws:lambda:eu-central-1:1:function:gone:live"},"End":true}""")));

        Assert.Equal(FunctionError.NotFound, failure.Error);
    }

    [Fact]
    public void A_task_that_takes_too_long_times_out_and_only_a_timeout_handler_sees_it()
    {
        var machine = new Machine { Function = async (_, ct) => { await Task.Delay(TimeSpan.FromHours(1), TimeProvider.System, ct); return null; } };
        var state = """
            {"StartAt":"S","States":{
              "S":{ INVOKE, "TimeoutSeconds":5,"Next":"Never","Retry":[{"ErrorEquals":["States.TaskFailed"]}],"Catch":[{"ErrorEquals":["States.Timeout"],"Next":"Late"}]},
              "Never":{"Type":"Fail"}, "Late":{"Type":"Pass","Parameters":{"error.$":"$.Error"},"End":true}}}
            """;

        Same("""{"error":"States.Timeout"}""", machine.Run(state));
        Assert.Equal(5, machine.Elapsed.TotalSeconds);
    }

    [Fact]
    public void A_workflow_has_a_time_limit_of_its_own()
    {
        var failure = Assert.Throws<StateFailure>(() => new Machine().Run("""{"StartAt":"W","TimeoutSeconds":60,"States":{"W":{"Type":"Wait","Seconds":61,"Next":"W"}}}"""));

        Assert.Equal(StateFailure.Timeout, failure.Error);
    }

    [Theory]
    [InlineData("""{"Type":"Wait","Seconds":90,"End":true}""", 90)]
    [InlineData("""{"Type":"Wait","SecondsPath":"$.pause","End":true}""", 7)]
    [InlineData("""{"Type":"Wait","Timestamp":"2026-01-01T01:00:00+00:00","End":true}""", 3600)]
    [InlineData("""{"Type":"Wait","TimestampPath":"$.until","End":true}""", 30)]
    [InlineData("""{"Type":"Wait","Timestamp":"2020-01-01T00:00:00Z","End":true}""", 0)]
    public void Waiting_takes_as_long_as_it_says(string state, double seconds)
    {
        var machine = new Machine();

        machine.Run(Machine.Single(state), """{"pause":7,"until":"2026-01-01T00:00:30Z"}""");

        Assert.Equal(seconds, machine.Elapsed.TotalSeconds);
    }

    [Fact]
    public void Branches_run_side_by_side_and_their_results_keep_their_order()
    {
        var machine = new Machine();

        var output = machine.Run("""
            {"StartAt":"P","States":{"P":{"Type":"Parallel","Parameters":{"n.$":"$.a"},"End":true,"Branches":[
              {"StartAt":"Slow","States":{"Slow":{"Type":"Wait","Seconds":10,"Next":"First"},"First":{"Type":"Pass","Result":1,"End":true}}},
              {"StartAt":"Second","States":{"Second":{"Type":"Pass","End":true}}}]}}}
            """, """{"a":5}""");

        Same("""[1,{"n":5}]""", output);
        Assert.Equal(["0s /P", "0s /P[0]/Slow", "0s /P[1]/Second", "10s /P[0]/First"], machine.Path);
    }

    [Fact]
    public void A_failed_branch_stops_the_others_and_can_be_caught_for_all_of_them()
    {
        var machine = new Machine();

        var output = machine.Run("""
            {"StartAt":"P","States":{"P":{"Type":"Parallel","Next":"Never","Catch":[{"ErrorEquals":["Bad"],"Next":"Caught"}],"Branches":[
              {"StartAt":"Long","States":{"Long":{"Type":"Wait","Seconds":1000,"End":true}}},
              {"StartAt":"Short","States":{"Short":{"Type":"Wait","Seconds":1,"Next":"F"},"F":{"Type":"Fail","Error":"Bad","CausePath":"$.why"}}}]},
              "Never":{"Type":"Fail"},"Caught":{"Type":"Succeed"}}}
            """, """{"why":"because"}""");

        Same("""{"Error":"Bad","Cause":"because"}""", output);
        Assert.Equal(1, machine.Elapsed.TotalSeconds);
    }

    [Fact]
    public void A_map_runs_no_more_items_at_once_than_it_may()
    {
        var (running, most) = (0, 0);
        var machine = new Machine();
        machine = new Machine
        {
            Function = async (payload, ct) =>
            {
                most = Math.Max(most, ++running);
                await Task.Delay(TimeSpan.FromSeconds(1), machine.Time, ct);
                running--;
                return payload["input"]!.DeepClone();
            },
        };

        var output = machine.Run("""
            {"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.items","MaxConcurrency":2,"ItemSelector":{"at.$":"$$.Map.Item.Index","item.$":"$$.Map.Item.Value","all.$":"States.ArrayLength($.items)"},
              "ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"S","States":{"S":{ INVOKE, "OutputPath":"$.Payload","End":true}}},"ResultPath":"$.done","End":true}}}
            """, """{"items":["a","b","c","d","e"]}""");

        Same("""[{"at":0,"item":"a","all":5},{"at":1,"item":"b","all":5},{"at":2,"item":"c","all":5},{"at":3,"item":"d","all":5},{"at":4,"item":"e","all":5}]""", output!["done"]);
        Assert.Equal((2, 3), (most, machine.Elapsed.TotalSeconds));
    }

    [Fact]
    public void An_item_that_fails_fails_the_map()
    {
        var failure = Assert.Throws<StateFailure>(() => new Machine().Run("""
            {"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"C","States":{
              "C":{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":2,"Next":"F"}],"Default":"Ok"},"F":{"Type":"Fail","Error":"Two"},"Ok":{"Type":"Succeed"}}}}}}
            """, "[1,2,3]"));

        Assert.Equal("Two", failure.Error);
    }

    [Fact]
    public void More_data_than_Step_Functions_carries_fails_and_cannot_be_caught()
    {
        var machine = new Machine { Function = (_, _) => Task.FromResult<JsonNode?>(new string('x', 256 * 1024)) };

        var failure = Assert.Throws<StateFailure>(() => machine.Run(Machine.Single("""{ INVOKE, "End":true,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"S"}] }""")));

        Assert.Equal(StateFailure.TooMuchData, failure.Error);
    }

    [Fact]
    public void A_task_that_waits_for_its_token_is_finished_by_whoever_holds_it()
    {
        var machine = new Machine();
        var timers = new List<ITimer>();
        machine = new Machine
        {
            Function = (payload, _) =>
            {
                var token = payload["token"]!.GetValue<string>();
                timers.Add(machine.Time.CreateTimer(_ => machine.Tokens.Succeed(token, JsonNode.Parse("""{"paid":true}""")), null, TimeSpan.FromHours(2), Timeout.InfiniteTimeSpan));
                return Task.FromResult<JsonNode?>(null);
            },
        };

        Same("""{"paid":true}""", machine.Run(Machine.Single(WaitForToken)));
        Assert.Equal(2, machine.Elapsed.TotalHours);
    }

    [Fact]
    public void Silence_beyond_the_heartbeat_fails_the_task_and_a_sign_of_life_postpones_it()
    {
        var machine = new Machine();
        var beats = new List<ITimer>();
        machine = new Machine
        {
            Function = (payload, _) =>
            {
                var token = payload["token"]!.GetValue<string>();
                beats.Add(machine.Time.CreateTimer(_ => machine.Tokens.Heartbeat(token), null, TimeSpan.FromSeconds(8), Timeout.InfiniteTimeSpan));
                return Task.FromResult<JsonNode?>(null);
            },
        };

        var failure = Assert.Throws<StateFailure>(() => machine.Run(Machine.Single(WaitForToken.Replace("\"End\"", "\"HeartbeatSeconds\":10,\"End\"", StringComparison.Ordinal))));

        Assert.Equal((StateFailure.HeartbeatTimeout, 18), (failure.Error, machine.Elapsed.TotalSeconds));
    }

    private const string WaitForToken =
        """{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Parameters":{"FunctionName":"f","Payload":{"token.$":"$$.Task.Token"}},"End":true}""";

    private static void Same(string expected, JsonNode? actual) => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), actual?.ToJsonString() ?? "null");
}
