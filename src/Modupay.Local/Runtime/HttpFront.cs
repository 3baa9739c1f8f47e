using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Modupay.Local.Runtime;

/// <summary>
/// API Gateway (HTTP API) with the Lambda Web Adapter behind it: passes each request to the HTTP function with the headers those two would
/// add, refuses what API Gateway would refuse in its words, and streams both bodies.
/// </summary>
internal sealed class HttpFront : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly Forwarder _forwarder;

    private HttpFront(WebApplication application, Forwarder forwarder) => (_application, _forwarder) = (application, forwarder);

    public string Url => _application.Urls.First();

    /// <param name="addressOf">Where the function answers now; null while it starts.</param>
    public static async Task<HttpFront> StartAsync(IPEndPoint endpoint, Func<Uri?> addressOf, HttpFrontOptions options, CancellationToken ct)
    {
        // Empty: a developer's ASPNETCORE_ variables are meant for the function, not for its gateway.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, OwnersLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxBodyBytes;
            kestrel.Listen(endpoint, listen => listen.Protocols = HttpProtocols.Http1);
        });
        var application = builder.Build();
        var forwarder = new Forwarder(addressOf, options);
        application.Run(forwarder.HandleAsync);
        await application.StartAsync(ct);
        return new HttpFront(application, forwarder);
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _application.StopAsync(patience.Token);
        await _application.DisposeAsync();
        _forwarder.Dispose();
    }

    /// <summary>The default lifetime would catch Ctrl-C; stopping is for the owner of all servers to decide.</summary>
    private sealed class OwnersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>API Gateway's own limits, which tests shorten.</summary>
internal sealed record HttpFrontOptions
{
    public long MaxBodyBytes { get; init; } = 10 * 1024 * 1024;
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}
