using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Modupay.Http;

namespace Modupay.DatabaseTests;

/// <summary>Some of the API's routes over one test's database, with the real authentication and error handling before them.</summary>
internal sealed class TestApi(WebApplication app) : IAsyncDisposable
{
    public static async Task<TestApi> StartAsync(Database database, TimeProvider time, Action<IEndpointRouteBuilder> routes, Action<IServiceCollection>? services = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        // What the API hides from its callers, a failing test must not hide from its reader.
        builder.Logging.ClearProviders().AddSimpleConsole().SetMinimumLevel(LogLevel.Error);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.ConfigureHttpJsonOptions(options => ApiJson.Configure(options.SerializerOptions));
        builder.Services.AddSingleton(time).AddSingleton(new Settings(new Dictionary<string, string>(StringComparer.Ordinal))).AddCallers(database);
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.Use(next => context => Failures.UseAsync(context, next));
        app.Use(next => context => Authentication.UseAsync(context, next));
        routes(app);
        Access.RequireDeclarations(app);
        await app.StartAsync();
        return new TestApi(app);
    }

    public HttpClient Client(string credential)
    {
        var client = new HttpClient { BaseAddress = new(app.Urls.First()) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", credential);
        return client;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
