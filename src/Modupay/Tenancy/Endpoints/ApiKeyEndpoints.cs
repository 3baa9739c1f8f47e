using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Audit;
using Modupay.Http;

namespace Modupay.Tenancy.Endpoints;

/// <summary>
/// /v1/api-keys, in the mode of whoever asks: a test key is made in test mode and opens test data. Nobody makes, rolls or sees the secret of a key
/// that may do more than they may themselves.
/// </summary>
internal static class ApiKeyEndpoints
{
    private const int DefaultOverlapSeconds = 24 * 3600;
    private const int MaxOverlapSeconds = 7 * 24 * 3600;
    private const int MaxRanges = 50;

    /// <summary>A key to make.</summary>
    /// <param name="Name">What the key is for, from 1 to 100 characters.</param>
    /// <param name="Scopes">At least one permission, none that its maker lacks; when absent, what an integration usually needs, as far as its maker has it.</param>
    /// <param name="AllowedRanges">At most 50 networks in CIDR notation, or single addresses, from which the key works; everywhere when absent.</param>
    internal sealed record CreateRequest(string Name, IReadOnlyList<string>? Scopes = null, IReadOnlyList<string>? AllowedRanges = null);

    /// <summary>How a key is replaced.</summary>
    /// <param name="OverlapSeconds">How many seconds the old key keeps working: a day (86400) when absent, at most seven days (604800), 0 to end it now.</param>
    internal sealed record RollRequest(long? OverlapSeconds = null);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/api-keys", CreateAsync).Needs(Permission.KeysWrite).Accepts<CreateRequest>("application/json").Answers<ApiKeyView>(201, "Make an API key; its secret is shown once").Refuses(400, 409, 422);
        routes.MapGet("/v1/api-keys", ListAsync).Needs(Permission.KeysRead).AnswersList<ApiKeyView>("List API keys, newest first").Refuses(400, 422);
        routes.MapGet("/v1/api-keys/{id}", GetAsync).Needs(Permission.KeysRead).Answers<ApiKeyView>(200, "Read one API key").Refuses(404);
        routes.MapPost("/v1/api-keys/{id}/roll", RollAsync).Needs(Permission.KeysWrite).Accepts<RollRequest>("application/json")
            .Answers<ApiKeyView>(201, "Replace an API key by a new one; both work for the overlap").Refuses(400, 404, 409, 422);
        routes.MapPost("/v1/api-keys/{id}/revoke", RevokeAsync).Needs(Permission.KeysWrite).Answers<ApiKeyView>(200, "End an API key within seconds").Refuses(404);
    }

    private static async Task<IResult> CreateAsync(HttpRequest http, Body<CreateRequest> body, Caller caller, Database database, CancellationToken ct)
    {
        var asked = IdempotencyKey.Optional(http).And(body.Content.Then(request => Validate(request, caller)));
        if (asked.Problem is { } refused) return Reply.Refused(refused);
        var (idempotency, order) = asked.Value;

        var made = NewApiKey.Create(caller.Live, database.Time);
        return await OnceAsync(database, caller, idempotency, body.Fingerprint, made, unit => InsertAsync(unit, caller, made, order, replaces: null, ct), ct);
    }

    private static async Task<IResult> RollAsync(string id, HttpRequest http, Body<RollRequest> body, Caller caller, Database database, CancellationToken ct)
    {
        if (!Id.TryParse<ApiKeyId>(id, out var key)) return Reply.Refused(Unknown());
        var asked = IdempotencyKey.Optional(http).And(body.Content.Then(OverlapOf));
        if (asked.Problem is { } refused) return Reply.Refused(refused);
        var (idempotency, overlap) = asked.Value;

        var made = NewApiKey.Create(caller.Live, database.Time);
        return await OnceAsync(database, caller, idempotency, body.Fingerprint, made, async unit =>
        {
            // Judged by the time when the row is ours, not when we began: whoever held it before us may have ended the key since.
            if (await unit.FirstAsync(ApiKeySql.FindForChange, [key.Value], row => ApiKeyView.Read(row, caller.Live, unit.Time.GetUtcNow()), ct) is not { } old) return Unknown();
            if (old.State != "active") return new Problem(Errors.ApiKeyState, $"The key is {old.State}; make a new one.");
            if (!caller.Permissions.Includes(PermissionNames.Of(old.Scopes))) return TooMuch();
            await unit.ExecuteAsync(ApiKeySql.Expire, [key.Value, unit.Now + overlap], ct);
            return await InsertAsync(unit, caller, made, new(old.Name, old.Scopes, old.AllowedRanges), key, ct);
        }, ct);
    }

    private static async Task<IResult> RevokeAsync(string id, Caller caller, Database database, CancellationToken ct)
    {
        if (!Id.TryParse<ApiKeyId>(id, out var key)) return Reply.Refused(Unknown());
        var revoked = await database.TransactAsync<ApiKeyView>(caller.Tenant, async unit =>
        {
            if (await unit.ExecuteAsync(ApiKeySql.Revoke, [key.Value, unit.Now], ct) > 0) AuditLog.Record(unit, caller.Actor, AuditActions.ApiKeyRevoked, id);
            return await unit.FirstAsync(ApiKeySql.Find, [key.Value], row => ApiKeyView.Read(row, caller.Live, unit.Now), ct) is { } view ? view : Unknown();
        }, ct);
        return Reply.Of(revoked, TenancyJson.Default.ApiKeyView);
    }

    private static async Task<IResult> ListAsync(HttpRequest http, Caller caller, Database database, CancellationToken ct)
    {
        var page = PageRequest.From(http);
        if (page.Problem is { } badPage) return Reply.Refused(badPage);
        var now = database.Time.GetUtcNow();
        var rows = await database.ListAsync(caller.Tenant, ApiKeySql.List, [page.Value.Before, page.Value.Fetch], row => (Id: row.GetGuid(0), View: ApiKeyView.Read(row, caller.Live, now)), ct);
        var (items, next) = page.Value.Cut(rows, row => row.Id);
        return Reply.Ok([.. items.Select(item => item.View)], TenancyJson.Default.IReadOnlyListApiKeyView, next);
    }

    private static async Task<IResult> GetAsync(string id, Caller caller, Database database, CancellationToken ct)
    {
        var view = Id.TryParse<ApiKeyId>(id, out var key)
            ? await database.FirstAsync(caller.Tenant, ApiKeySql.Find, [key.Value], row => ApiKeyView.Read(row, caller.Live, database.Time.GetUtcNow()), ct)
            : null;
        return view is null ? Reply.Refused(Unknown()) : Reply.Ok(view, TenancyJson.Default.ApiKeyView);
    }

    /// <summary>The stored answer has no secret, so a repeated request learns that the key was made, and which, but not the key.</summary>
    private static async Task<IResult> OnceAsync(Database database, Caller caller, IdempotencyKey key, byte[] fingerprint, NewApiKey made, Func<UnitOfWork, Task<Result<ApiKeyView>>> work, CancellationToken ct)
    {
        ApiKeyView? view = null;
        var stored = await database.OnceStoredAsync(caller.Tenant, key, fingerprint, StatusCodes.Status201Created, TenancyJson.Default.ApiKeyView, async unit =>
        {
            var result = await work(unit);
            if (result.Problem is null) view = result.Value;
            return result;
        }, ct);
        if (stored.Problem is { } problem) return Reply.Refused(problem);
        return stored.Value.Replayed ? Reply.Stored(stored.Value) : Reply.Ok(view! with { Secret = made.Secret }, TenancyJson.Default.ApiKeyView, status: StatusCodes.Status201Created);
    }

    private static async Task<Result<ApiKeyView>> InsertAsync(UnitOfWork unit, Caller caller, NewApiKey made, Order order, ApiKeyId? replaces, CancellationToken ct)
    {
        await unit.ExecuteAsync(ApiKeySql.Insert, [made.Id.Value, unit.Tenant.Value, order.Name, made.Hash, made.Secret[^4..], order.Scopes.ToArray(), order.Ranges.ToArray(), unit.Now,
            $"{caller.Actor.Kind}:{caller.Actor.Id}", replaces?.Value], ct);
        AuditLog.Record(unit, caller.Actor, replaces is null ? AuditActions.ApiKeyCreated : AuditActions.ApiKeyRolled, (replaces ?? made.Id).ToString(), Change.Set("name", order.Name),
            Change.Set("scopes", string.Join(' ', order.Scopes)), Change.Set("allowedRanges", string.Join(' ', order.Ranges)), Change.Set("successor", replaces is null ? null : made.Id.ToString()));
        return (await unit.FirstAsync(ApiKeySql.Find, [made.Id.Value], row => ApiKeyView.Read(row, caller.Live, unit.Now), ct))!;
    }

    private static Result<TimeSpan> OverlapOf(RollRequest request) => (request.OverlapSeconds ?? DefaultOverlapSeconds) is >= 0 and <= MaxOverlapSeconds and var seconds
        ? TimeSpan.FromSeconds(seconds)
        : Problem.Invalid("overlapSeconds", "out_of_range", $"From 0 to {MaxOverlapSeconds}.");

    private static Result<Order> Validate(CreateRequest request, Caller caller)
    {
        var problems = new List<FieldProblem>();
        var name = Texts.Line("name", request.Name, 100, problems);
        var wanted = Permissions.None;
        foreach (var scope in request.Scopes ?? (caller.Permissions & Roles.Integration).Names)
        {
            if (scope is not null && PermissionNames.TryParse(scope, out var permission)) wanted |= Permissions.Of(permission);
            else problems.Add(new("scopes", "unknown", "Not the name of a permission."));
        }
        if (wanted == Permissions.None) problems.Add(new("scopes", "empty", "A key needs at least one permission."));

        var ranges = new List<string>();
        foreach (var range in request.AllowedRanges ?? [])
        {
            if (range is not null && NetworkRanges.Canonical(range) is { } canonical) ranges.Add(canonical);
            else problems.Add(new("allowedRanges", "invalid", "Networks in CIDR notation, such as 203.0.113.0/24, or single addresses."));
        }
        if (ranges.Count > MaxRanges) problems.Add(new("allowedRanges", "too_many", $"At most {MaxRanges}."));
        if (problems.Count > 0) return Problem.Invalid(problems);
        if (!(caller.Permissions & Roles.ForKeys).Includes(wanted)) return TooMuch();
        return new Order(name, wanted.Names, ranges);
    }

    private static Problem TooMuch() => new(Errors.ScopeExceeded, "A key may do at most what its maker may do, and never what needs a person: see /v1/api-keys in the documentation.");

    private static Problem Unknown() => new(Errors.NotFound, "There is no such API key.");

    private sealed record Order(string Name, IReadOnlyList<string> Scopes, IReadOnlyList<string> Ranges);
}
