using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Modupay.Local.Runtime;

/// <summary>Kestrel with one request delegate and nothing else: no routing, no configuration files, no log of its own.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LoopbackServer(WebApplication app) => _app = app;

    public int Port => new Uri(_app.Urls.First()).Port;

    /// <param name="port">0 takes a free one.</param>
    /// <param name="address">Loopback unless somebody else has to reach it.</param>
    public static async Task<LoopbackServer> StartAsync(RequestDelegate handle, int port = 0, IPAddress? address = null, Action<KestrelServerLimits>? limits = null, CancellationToken ct = default)
    {
        // Empty: the process's own arguments, environment and appsettings must not configure its stand-ins.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(address ?? IPAddress.Loopback, port);
            limits?.Invoke(kestrel.Limits);
        });
        var app = builder.Build();
        app.Run(handle);
        await app.StartAsync(ct);
        return new LoopbackServer(app);
    }

    public async ValueTask DisposeAsync()
    {
        // Long polls would hold the orderly stop back for as long as they wait.
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(250));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
