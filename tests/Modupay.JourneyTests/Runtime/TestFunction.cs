using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Lambda.Runtime;

namespace Modupay.JourneyTests.Runtime;

/// <summary>Run as a program, this assembly is a function to crash and to wait for: an event function, or an HTTP one when it is given a port.</summary>
internal static class TestFunction
{
    public static IReadOnlyList<string> Command => ["dotnet", typeof(TestFunction).Assembly.Location, "function"];

    public static Task<int> RunAsync()
    {
        Console.WriteLine($"started {Environment.GetEnvironmentVariable("AWS_LAMBDA_FUNCTION_NAME")} {Environment.ProcessId}");
        return Environment.GetEnvironmentVariable("AWS_LWA_PORT") is { } port ? ServeAsync(int.Parse(port)) : LambdaProcess.RunAsync(
            Environment.GetEnvironmentVariable("AWS_LAMBDA_RUNTIME_API")!, _ => Task.FromResult<FunctionHandler>(HandleAsync), TimeProvider.System, NullLogger.Instance);
    }

    private static async Task<ReadOnlyMemory<byte>> HandleAsync(ReadOnlyMemory<byte> payload, Invocation invocation, CancellationToken ct)
    {
        switch (Encoding.UTF8.GetString(payload.Span))
        {
            case "pid":
                return Encoding.UTF8.GetBytes(Environment.ProcessId.ToString());
            case "environment":
                return Encoding.UTF8.GetBytes(string.Join('\n', Environment.GetEnvironmentVariables().Keys.Cast<string>().Order(StringComparer.Ordinal)));
            case "exit":
                Environment.Exit(3);
                return default;
            case "hang":
                Console.WriteLine("hanging");
                await Task.Delay(Timeout.Infinite, CancellationToken.None);
                return default;
            default:
                return payload;
        }
    }

    private static async Task<int> ServeAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port));
        await using var app = builder.Build();
        app.Run(AnswerAsync);
        await app.RunAsync();
        return 0;
    }

    internal static async Task AnswerAsync(HttpContext http)
    {
        switch (http.Request.Path.Value)
        {
            case "/health/ready":
                return;
            case "/exit":
                Environment.Exit(3);
                return;
            case "/never":
                await Task.Delay(Timeout.Infinite, http.RequestAborted);
                return;
            case "/half":
                await http.Response.WriteAsync("half");
                await http.Response.Body.FlushAsync();
                http.Abort();
                return;
            case "/length":
                http.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
                var (buffer, total) = (new byte[65536], 0L);
                while (await http.Request.Body.ReadAsync(buffer) is > 0 and var read) total += read;
                await http.Response.WriteAsync(total.ToString());
                return;
            default:
                http.Response.StatusCode = 207;
                http.Response.Headers.Append("Set-Cookie", "a=1");
                http.Response.Headers.Append("Set-Cookie", "b=2");
                var seen = http.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString(), StringComparer.Ordinal);
                seen["target"] = http.Features.Get<IHttpRequestFeature>()!.RawTarget;
                seen["body"] = await new StreamReader(http.Request.Body).ReadToEndAsync();
                await http.Response.WriteAsync(JsonSerializer.Serialize(seen));
                return;
        }
    }
}
