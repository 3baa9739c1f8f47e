using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Modupay.Http;
using Modupay.Http.RateLimiting;
using Modupay.Kernel;
using Modupay.Tenancy;
using Modupay.Tenancy.Endpoints;
using Npgsql;

namespace Modupay.Local.Bench;

/// <summary>
/// What knowing the caller costs: one read and one write, first bare (the same SQL, as an administrator, without a caller), then with tenant scoping,
/// idempotency, authentication and rate limits added one after the other, and last as the API really answers. Rounds are interleaved, because
/// only what is measured within the same seconds can be compared.
/// </summary>
internal sealed class AuthBench(Services services, NpgsqlDataSource administrator, OrganizationWithKey organization, Guid department, int clients, TimeSpan slot)
{
    private int _number;

    public static async Task<int> RunAsync(int clients, int rounds, TimeSpan slot, CancellationToken ct)
    {
        await using var cloud = await LocalCloud.StartAsync(new LocalCloudOptions { Ephemeral = true, Progress = Console.WriteLine }, ct);
        var variables = cloud.SettingsOf("api").With([("RATE_LIMIT_CREDENTIAL", "100000000"), ("RATE_LIMIT_ORGANIZATION", "100000000"), ("TRUSTED_PROXIES", "0")]);
        await using var services = await Services.OpenAsync(variables, LocalCloud.Time, NullLoggerFactory.Instance, ct);
        var organization = await Organizations.CreateAsync(services.Database, "Bench", live: false, ct);
        var connection = new NpgsqlConnectionStringBuilder(cloud.Postgres.ConnectionString(variables.DatabaseName)) { MaxPoolSize = variables.DatabasePool, NoResetOnClose = true, MaxAutoPrepare = 64, AutoPrepareMinUsages = 2 };
        var builder = new NpgsqlSlimDataSourceBuilder(connection.ConnectionString);
        builder.EnableArrays();
        await using var administrator = builder.Build();
        var department = Id.New<DepartmentId>(LocalCloud.Time);
        await services.Database.ExecuteAsync(organization.Tenant, DepartmentSql.Insert, [department.Value, organization.Id.Value, "Bench", "BENCH", LocalCloud.Time.GetUtcNow()], ct);
        await new AuthBench(services, administrator, organization, department.Value, clients, slot).MeasureAsync(rounds, ct);
        return 0;
    }

    private async Task MeasureAsync(int rounds, CancellationToken ct)
    {
        await using var layered = await StartLayeredAsync(ct);
        await using var whole = ApiHost.Build(services, "http://127.0.0.1:0", logging => logging.ClearProviders());
        await whole.StartAsync(ct);
        (string Name, Uri Host, string Path)[] layers =
        [
            ("bare", Address(layered), "/bare"),
            ("+ tenant scoping", Address(layered), "/scoped"),
            ("+ authentication", Address(layered), "/v1/known"),
            ("+ rate limits", Address(layered), "/v1/limited"),
            ("the API", Address(whole), "/v1/departments"),
        ];

        Console.WriteLine($"\n{clients} clients, {rounds} interleaved rounds of {slot.TotalSeconds:0.#} s, {Environment.ProcessorCount} cores, client included; cost = bare ÷ this\n");
        foreach (var write in new[] { false, true })
        {
            var rates = layers.Select(_ => new List<double>()).ToArray();
            for (var round = -1; round < rounds; round++)
            {
                for (var i = 0; i < layers.Length; i++)
                {
                    var rate = await RateAsync(layers[i].Host, layers[i].Path, write, ct);
                    if (round >= 0) rates[i].Add(rate);
                }
            }
            Console.WriteLine(write ? "\n  write: one row (idempotency from scoping on; audit entry and its chain in the API)" : "  read: one row by id");
            for (var i = 0; i < layers.Length; i++)
            {
                // The ratio of each round, because the machine's mood is the same within one.
                var cost = rates[0].Zip(rates[i], (bare, ours) => bare / ours).Order().ElementAt(rounds / 2);
                Console.WriteLine($"    {layers[i].Name,-18}{rates[i].Order().ElementAt(rounds / 2),9:0} requests/s   cost {cost,5:0.00}");
            }
        }
    }

    private async Task<double> RateAsync(Uri host, string path, bool write, CancellationToken ct)
    {
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = clients };
        using var http = new HttpClient(handler) { BaseAddress = host };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", organization.Key.Secret);
        var (count, watch) = (0, Stopwatch.StartNew());
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            while (watch.Elapsed < slot)
            {
                using var request = write ? Write(path) : new HttpRequestMessage(HttpMethod.Get, $"{path}/{new DepartmentId(department)}");
                using var response = await http.SendAsync(request, ct);
                if (!response.IsSuccessStatusCode) throw new InvalidOperationException($"{request.Method} {path} answered {response.StatusCode}: {await response.Content.ReadAsStringAsync(ct)}");
                Interlocked.Increment(ref count);
            }
        }));
        return count / watch.Elapsed.TotalSeconds;
    }

    private HttpRequestMessage Write(string path)
    {
        var number = Interlocked.Increment(ref _number);
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(new JsonObject { ["name"] = "Bench", ["code"] = $"D{number}" }.ToJsonString(), Encoding.UTF8, "application/json") };
        request.Headers.Add("Idempotency-Key", $"bench-{number}");
        return request;
    }

    /// <summary>The same two endpoints, each with a little more around them than the one before.</summary>
    private async Task<WebApplication> StartLayeredAsync(CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.ConfigureHttpJsonOptions(options => ApiJson.Configure(options.SerializerOptions));
        services.AddTo(builder.Services);
        var app = builder.Build();
        app.Use(next => context => Authentication.UseAsync(context, next));
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/v1/limited", StringComparison.Ordinal), limited =>
            limited.Use(next => context => app.Services.GetRequiredService<RateLimits>().UseAsync(context, next)));

        app.MapGet("/bare/{id}", async (string id, CancellationToken token) => Reply.Ok(await ReadBareAsync(Parsed(id), token), TenancyJson.Default.DepartmentView));
        app.MapPost("/bare", async (Body<DepartmentEndpoints.CreateRequest> body, CancellationToken token) => Reply.Ok(await WriteBareAsync(body.Content.Value, token), TenancyJson.Default.DepartmentView));
        app.MapGet("/scoped/{id}", (string id, CancellationToken token) => ReadScopedAsync(organization.Tenant, id, token));
        app.MapPost("/scoped", (Body<DepartmentEndpoints.CreateRequest> body, HttpRequest http, CancellationToken token) => WriteScopedAsync(organization.Tenant, http, body, token));
        foreach (var path in new[] { "/v1/known", "/v1/limited" })
        {
            app.MapGet(path + "/{id}", (string id, Caller caller, CancellationToken token) => ReadScopedAsync(caller.Tenant, id, token)).Needs(Permission.DepartmentsRead);
            app.MapPost(path, (Body<DepartmentEndpoints.CreateRequest> body, HttpRequest http, Caller caller, CancellationToken token) => WriteScopedAsync(caller.Tenant, http, body, token))
                .Needs(Permission.DepartmentsWrite);
        }
        await app.StartAsync(ct);
        return app;
    }

    private async Task<DepartmentView> ReadBareAsync(Guid id, CancellationToken ct)
    {
        await using var command = administrator.CreateCommand(DepartmentSql.Find);
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return DepartmentView.Read(reader);
    }

    private async Task<DepartmentView> WriteBareAsync(DepartmentEndpoints.CreateRequest request, CancellationToken ct)
    {
        var made = Made(request);
        await using var command = administrator.CreateCommand(DepartmentSql.Insert);
        foreach (var value in Row(made)) command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync(ct);
        return made.View;
    }

    private async Task<IResult> ReadScopedAsync(TenantId tenant, string id, CancellationToken ct) =>
        Reply.Ok((await services.Database.FirstAsync(tenant, DepartmentSql.Find, [Parsed(id)], DepartmentView.Read, ct))!, TenancyJson.Default.DepartmentView);

    private async Task<IResult> WriteScopedAsync(TenantId tenant, HttpRequest http, Body<DepartmentEndpoints.CreateRequest> body, CancellationToken ct) =>
        await services.Database.OnceAsync<DepartmentView>(tenant, IdempotencyKey.Required(http).Value, body.Fingerprint, 201, TenancyJson.Default.DepartmentView, async unit =>
        {
            var made = Made(body.Content.Value);
            await unit.ExecuteAsync(DepartmentSql.Insert, Row(made), ct);
            return made.View;
        }, ct);

    private static (DepartmentId Id, DepartmentView View) Made(DepartmentEndpoints.CreateRequest request)
    {
        var id = Id.New<DepartmentId>(LocalCloud.Time);
        return (id, new(id.ToString(), request.Name, request.Code + id.ToString()[^12..], LocalCloud.Time.GetUtcNow(), null));
    }

    private object?[] Row((DepartmentId Id, DepartmentView View) made) => [made.Id.Value, organization.Id.Value, made.View.Name, made.View.Code, made.View.CreatedAt];

    private static Guid Parsed(string id) => Id.TryParse<DepartmentId>(id, out var parsed) ? parsed.Value : throw new InvalidOperationException($"{id} is no department.");

    private static Uri Address(WebApplication app) => new(app.Urls.First());
}
