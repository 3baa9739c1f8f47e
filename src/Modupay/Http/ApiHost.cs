using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Modupay.Http.RateLimiting;

namespace Modupay.Http;

/// <summary>The API as a plain ASP.NET Core program: behind the Lambda Web Adapter in AWS, and as it stands anywhere else.</summary>
internal static class ApiHost
{
    /// <summary>Larger than any JSON body, so that our own limit answers in our own envelope; statement uploads go through it too.</summary>
    private const long MaxRequestBytes = 10 * 1024 * 1024;

    public static WebApplication Build(Services services, string url, Action<ILoggingBuilder>? logging = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = "Modupay" });
        builder.Logging.ClearProviders();
        (logging ?? (target => Telemetry.AddJsonLogs(target)))(builder.Logging);
        builder.WebHost.UseUrls(url);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBytes;
        });
        // Lambda gives a stopping process about 300 ms.
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(250));
        builder.Services.ConfigureHttpJsonOptions(options => ApiJson.Configure(options.SerializerOptions));
        builder.Services.AddOpenApi("v1", OpenApi.Configure);
        services.AddTo(builder.Services);

        var app = builder.Build();
        app.Use(next => context => RequestIds.UseAsync(context, next));
        app.Use(next => context => Failures.UseAsync(context, next));
        app.Use(next => context => SecurityHeaders(context, next));
        app.Use(next => context => app.Services.GetRequiredService<EdgeProof>().UseAsync(context, next));
        app.Use(next => context => Authentication.UseAsync(context, next));
        app.Use(next => context => app.Services.GetRequiredService<RateLimits>().UseAsync(context, next));
        app.Use(next => context => QueryParameters.UseAsync(context, next));
        app.Use(next => context => IdempotencyKey.UseAsync(context, next));
        app.MapOpenApi("/openapi/{documentName}.json").OpenToAll();
        Health.Map(app);
        Modules.MapRoutes(app);
        Access.RequireDeclarations(app);
        return app;
    }

    private static Task SecurityHeaders(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers["X-Content-Type-Options"] = "nosniff";
        headers["Cache-Control"] = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'";
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains";
        return next(context);
    }
}

/// <summary>Three questions an operator asks: is the process alive, may it have traffic, and does what it needs answer.</summary>
internal static class Health
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => Results.Text("live")).ExcludeFromDescription();
        // Polled every 10 ms while a Lambda sandbox starts, so it must not open a connection.
        routes.MapGet("/health/ready", () => Results.Text("ready")).ExcludeFromDescription();
        routes.MapGet("/health/deep", async (Database database, CancellationToken ct) =>
            await database.AnswersAsync(ct) ? Results.Text("deep") : Results.StatusCode(503)).OpenToAll().ExcludeFromDescription();
    }
}
