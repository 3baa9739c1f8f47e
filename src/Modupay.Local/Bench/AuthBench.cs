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
using Modupay.Audit;
using Modupay.Data;
using Modupay.Http;
using Modupay.Http.RateLimiting;
using Modupay.Kernel;
using Modupay.Tenancy;
using Modupay.Tenancy.Endpoints;
using Npgsql;

namespace Modupay.Local.Bench;

/// <summary>
/// What knowing the caller costs: one read and one write, first bare (the same SQL, as an administrator, without a caller), then with tenant scoping,
/// idempotency, authentication and rate limits added one after the other, then what a write keeps besides (its audit entry, a message in the outbox),
/// and last as the API really answers. Rounds are interleaved, because only what is measured within the same seconds can be compared.
/// </summary>
internal sealed class AuthBench(Services services, Database database, NpgsqlDataSource administrator, OrganizationWithKey organization, Guid department, int clients, TimeSpan slot)
{
    private enum Step { Scoped, Once, Known, Limited, Audited, Sent }

    private const string Nowhere = "bench";

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
        // What leaves the outbox is the queue's business: here it is accepted at once, so that no consumer takes part.
        await using var database = new Database(await DataSources.OpenAsync(variables, token => services.Aws.Secrets.GetSecretValueAsync(variables.DatabaseSecret, token), LocalCloud.Time, ct),
            new OutboxRelay(new AcceptingQueue(), NullLogger<OutboxRelay>.Instance), LocalCloud.Time);
        await new AuthBench(services, database, administrator, organization, department.Value, clients, slot).MeasureAsync(rounds, ct);
        return 0;
    }

    private async Task MeasureAsync(int rounds, CancellationToken ct)
    {
        await using var layered = await StartLayeredAsync(ct);
        await using var whole = ApiHost.Build(services, "http://127.0.0.1:0", logging => logging.ClearProviders());
        await whole.StartAsync(ct);
        (string Name, Uri Host, string Path, bool Reads)[] all =
        [
            ("bare", Address(layered), "/bare", true),
            ("+ tenant scoping", Address(layered), "/" + Step.Scoped, true),
            ("+ idempotency", Address(layered), "/" + Step.Once, false),
            ("+ authentication", Address(layered), "/v1/" + Step.Known, true),
            ("+ rate limits", Address(layered), "/v1/" + Step.Limited, true),
            ("+ audit entry", Address(layered), "/v1/" + Step.Audited, false),
            ("+ outbox message", Address(layered), "/v1/" + Step.Sent, false),
            ("the API", Address(whole), "/v1/departments", true),
        ];

        Console.WriteLine($"\n{clients} clients, {rounds} interleaved rounds of {slot.TotalSeconds:0.#} s, {Environment.ProcessorCount} cores, client included; cost = bare ÷ this\n");
        foreach (var write in new[] { false, true })
        {
            var layers = all.Where(layer => write || layer.Reads).ToList();
            var rates = layers.Select(_ => new List<double>()).ToArray();
            for (var round = -1; round < rounds; round++)
            {
                for (var i = 0; i < layers.Count; i++)
                {
                    var rate = await RateAsync(layers[i].Host, layers[i].Path, write, ct);
                    if (round >= 0) rates[i].Add(rate);
                }
            }
            Console.WriteLine(write ? "\n  write: one row (the API writes an audit entry and no message)" : "  read: one row by id");
            for (var i = 0; i < layers.Count; i++)
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
        app.UseWhen(context => new[] { Step.Limited, Step.Audited, Step.Sent }.Any(step => context.Request.Path.StartsWithSegments("/v1/" + step, StringComparison.Ordinal)), limited =>
            limited.Use(next => context => app.Services.GetRequiredService<RateLimits>().UseAsync(context, next)));

        app.MapGet("/bare/{id}", async (string id, CancellationToken token) => Reply.Ok(await ReadBareAsync(Parsed(id), token), TenancyJson.Default.DepartmentView));
        app.MapPost("/bare", async (Body<DepartmentEndpoints.CreateRequest> body, CancellationToken token) => Reply.Ok(await WriteBareAsync(body.Content.Value, token), TenancyJson.Default.DepartmentView));
        app.MapGet("/" + Step.Scoped + "/{id}", (string id, CancellationToken token) => ReadScopedAsync(organization.Tenant, id, token));
        foreach (var step in new[] { Step.Scoped, Step.Once })
            app.MapPost("/" + step, (Body<DepartmentEndpoints.CreateRequest> body, HttpRequest http, CancellationToken token) => WriteAsync(step, organization.Tenant, Actor.OfSystem("bench"), http, body, token));
        foreach (var step in new[] { Step.Known, Step.Limited, Step.Audited, Step.Sent })
        {
            app.MapGet($"/v1/{step}/{{id}}", (string id, Caller caller, CancellationToken token) => ReadScopedAsync(caller.Tenant, id, token)).Needs(Permission.DepartmentsRead);
            app.MapPost($"/v1/{step}", (Body<DepartmentEndpoints.CreateRequest> body, HttpRequest http, Caller caller, CancellationToken token) => WriteAsync(step, caller.Tenant, caller.Actor, http, body, token))
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
        Reply.Ok((await database.FirstAsync(tenant, DepartmentSql.Find, [Parsed(id)], DepartmentView.Read, ct))!, TenancyJson.Default.DepartmentView);

    private async Task<IResult> WriteAsync(Step step, TenantId tenant, Actor actor, HttpRequest http, Body<DepartmentEndpoints.CreateRequest> body, CancellationToken ct)
    {
        if (step == Step.Scoped) return Reply.Ok((await database.TransactAsync<DepartmentView>(tenant, InsertAsync, ct)).Value, TenancyJson.Default.DepartmentView, status: 201);
        return await database.OnceAsync<DepartmentView>(tenant, IdempotencyKey.Required(http).Value, body.Fingerprint, 201, TenancyJson.Default.DepartmentView, InsertAsync, ct);

        async Task<Result<DepartmentView>> InsertAsync(UnitOfWork unit)
        {
            var made = Made(body.Content.Value);
            await unit.ExecuteAsync(DepartmentSql.Insert, Row(made), ct);
            if (step >= Step.Audited) AuditLog.Record(unit, actor, AuditActions.DepartmentCreated, made.View.Id, Change.Set("name", made.View.Name), Change.Set("code", made.View.Code));
            if (step >= Step.Sent) unit.Send(OutboxMessage.Now(LocalCloud.Time, Nowhere, "{}"));
            return made.View;
        }
    }

    private static (DepartmentId Id, DepartmentView View) Made(DepartmentEndpoints.CreateRequest request)
    {
        var id = Id.New<DepartmentId>(LocalCloud.Time);
        return (id, new(id.ToString(), request.Name, request.Code + id.ToString()[^12..], LocalCloud.Time.GetUtcNow(), null));
    }

    private object?[] Row((DepartmentId Id, DepartmentView View) made) => [made.Id.Value, organization.Id.Value, made.View.Name, made.View.Code, made.View.CreatedAt];

    private static Guid Parsed(string id) => Id.TryParse<DepartmentId>(id, out var parsed) ? parsed.Value : throw new InvalidOperationException($"{id} is no department.");

    private sealed class AcceptingQueue : IMessageQueue
    {
        public Task<IReadOnlySet<Guid>> SendAsync(string queue, IReadOnlyList<QueuedMessage> messages, CancellationToken ct) => Task.FromResult<IReadOnlySet<Guid>>(messages.Select(message => message.Id).ToHashSet());
    }

    private static Uri Address(WebApplication app) => new(app.Urls.First());
}
