using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Modupay.Local.Cloud;

/// <summary>An HTTP server that only this machine can reach, with one handler and nothing else of ASP.NET Core.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private LoopbackServer(WebApplication application) => _application = application;

    public string Url => _application.Urls.Single();

    /// <summary>The token given to the handler ends when the caller leaves or the server stops, so that a long poll holds up neither.</summary>
    public static async Task<LoopbackServer> StartAsync(int port, string purpose, Func<HttpContext, CancellationToken, Task> handle, CancellationToken ct)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null; // A debugger may stop a client in the middle of a body.
            kestrel.Listen(IPAddress.Loopback, port);
        });
        var application = builder.Build();
        application.Run(async context =>
        {
            using var leave = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, application.Lifetime.ApplicationStopping);
            try
            {
                await handle(context, leave.Token);
            }
            catch (OperationCanceledException) when (leave.IsCancellationRequested)
            {
                context.Abort();
            }
        });
        try
        {
            await application.StartAsync(ct);
        }
        catch (IOException failure) when (failure.InnerException is AddressInUseException)
        {
            await application.DisposeAsync();
            throw Ports.Refused(port, purpose, failure);
        }

        return new(application);
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _application.StopAsync(patience.Token);
        await _application.DisposeAsync();
    }

    /// <summary>The default lifetime would catch Ctrl-C for each server; stopping is for the owner of them all to decide.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
