using System.Text;
using System.Text.Json.Nodes;
using Amazon.Runtime;
using Modupay.Aws;
using Modupay.Local.Runtime;
using Modupay.Local.Runtime.StepFunctions;

namespace Modupay.JourneyTests.Runtime;

/// <summary>The product's own client against the stand-in, over HTTP and with signatures.</summary>
public sealed class StepFunctionsStandInTests : IAsyncLifetime
{
    private const string Machine = "arn:aws:states:eu-central-1:000000000000:stateMachine:w";

    private const string Definition = """
        {"StartAt":"Ask","States":{"Ask":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","Parameters":{"FunctionName":"f","Payload":{"token.$":"$$.Task.Token"}},"End":true}}}
        """;

    private readonly TaskCompletionSource<string> _token = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StepFunctionsOptions _options;
    private StepFunctionsStandIn? _server;
    private AwsClients? _aws;

    public StepFunctionsStandInTests()
    {
        FunctionHandler handler = (payload, _, _) =>
        {
            _token.TrySetResult(JsonNode.Parse(payload.Span)!["token"]!.GetValue<string>());
            return Task.FromResult<ReadOnlyMemory<byte>>("null"u8.ToArray());
        };
        var functions = new InProcessFunctions(new Dictionary<string, (FunctionHandler, TimeSpan)> { ["f"] = (handler, TimeSpan.FromMinutes(1)) }, TimeProvider.System);
        _options = new StepFunctionsOptions(Folder: null) { Definitions = new Dictionary<string, string> { ["w"] = Definition }, Functions = functions };
    }

    private StepFunctionsClient Client => _aws!.StepFunctions;

    public async Task InitializeAsync()
    {
        _server = await StepFunctionsStandIn.StartAsync(_options, CancellationToken.None);
        _aws = new AwsClients(new Settings(new Dictionary<string, string> { ["AWS_ENDPOINT_URL_SFN"] = _server.Url, ["AWS_ACCESS_KEY_ID"] = "local", ["AWS_SECRET_ACCESS_KEY"] = "local" }));
    }

    public async Task DisposeAsync()
    {
        _aws!.Dispose();
        await _server!.DisposeAsync();
    }

    [Fact]
    public async Task A_workflow_waits_for_its_token_and_ends_with_the_answer()
    {
        var start = await Client.StartExecutionAsync(Machine, "e1", "{}", CancellationToken.None);
        var running = await Client.DescribeExecutionAsync(start.ExecutionArn, CancellationToken.None);
        var token = await _token.Task;

        Assert.True(await Client.SendTaskSuccessAsync(token, """{"paid":"é"}""", CancellationToken.None));
        await _server!.Executions.Find(start.ExecutionArn)!.Finished;

        var ended = await Client.DescribeExecutionAsync(start.ExecutionArn, CancellationToken.None);
        Assert.Equal(("RUNNING", "SUCCEEDED", """{"paid":"é"}"""), (running.Status, ended.Status, ended.Output));
        Assert.False(await Client.SendTaskSuccessAsync(token, "{}", CancellationToken.None));
    }

    [Fact]
    public async Task A_failed_token_fails_the_workflow_under_its_name()
    {
        var start = await Client.StartExecutionAsync(Machine, "e1", "{}", CancellationToken.None);

        Assert.True(await Client.SendTaskFailureAsync(await _token.Task, "Bank.Refused", "no", CancellationToken.None));
        await _server!.Executions.Find(start.ExecutionArn)!.Finished;

        var ended = await Client.DescribeExecutionAsync(start.ExecutionArn, CancellationToken.None);
        Assert.Equal(("FAILED", "Bank.Refused", "no"), (ended.Status, ended.Error, ended.Cause));
    }

    [Fact]
    public async Task The_same_name_again_is_the_same_execution_while_it_runs_with_the_same_input_and_a_refusal_otherwise()
    {
        var first = await Client.StartExecutionAsync(Machine, "e1", "{}", CancellationToken.None);
        var same = await Client.StartExecutionAsync(Machine, "e1", "{}", CancellationToken.None);
        var other = await Client.StartExecutionAsync(Machine, "e1", """{"a":1}""", CancellationToken.None);

        Assert.Equal((StartOutcome.Started, StartOutcome.Started, StartOutcome.AlreadyExists), (first.Outcome, same.Outcome, other.Outcome));
        Assert.Equal([first.ExecutionArn, first.ExecutionArn], [same.ExecutionArn, other.ExecutionArn]);
    }

    [Theory]
    [InlineData("arn:aws:states:eu-central-1:000000000000:stateMachine:gone", "e1", "{}", "StateMachineDoesNotExist")]
    [InlineData(Machine, "no/slashes", "{}", "InvalidName")]
    [InlineData(Machine, "e1", "{", "InvalidExecutionInput")]
    public async Task What_AWS_refuses_is_refused(string machine, string name, string input, string code)
    {
        var refusal = await Assert.ThrowsAsync<AmazonServiceException>(() => Client.StartExecutionAsync(machine, name, input, CancellationToken.None));

        Assert.Equal(code, refusal.ErrorCode);
    }

    [Fact]
    public async Task The_rest_of_the_protocol_lists_explains_and_stops()
    {
        var start = await Client.StartExecutionAsync(Machine, "e1", """{"a":1}""", CancellationToken.None);
        await _token.Task;

        var history = (await CallAsync("GetExecutionHistory", new() { ["executionArn"] = start.ExecutionArn }))["events"]!.AsArray();
        var stopped = await CallAsync("StopExecution", new() { ["executionArn"] = start.ExecutionArn, ["cause"] = "enough" });
        var aborted = (await CallAsync("ListExecutions", new() { ["stateMachineArn"] = Machine, ["statusFilter"] = "ABORTED" }))["executions"]!.AsArray();

        Assert.Equal(["ExecutionStarted", "TaskStateEntered", "TaskScheduled"], history.Select(item => item!["type"]!.GetValue<string>()).Take(3));
        Assert.Equal("""{"a":1}""", history[1]!["stateEnteredEventDetails"]!["input"]!.GetValue<string>());
        Assert.NotNull(stopped["stopDate"]);
        Assert.Equal("e1", Assert.Single(aborted)!["name"]!.GetValue<string>());
    }

    private async Task<JsonNode> CallAsync(string operation, JsonObject body)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, _server!.Url) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8) };
        request.Content.Headers.ContentType = new("application/x-amz-json-1.0");
        request.Headers.Add("X-Amz-Target", "AWSStepFunctions." + operation);
        using var answer = await http.SendAsync(request);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
    }
}
