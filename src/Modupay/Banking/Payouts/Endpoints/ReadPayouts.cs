using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Banking.Payouts;

/// <summary>GET /v1/payouts and GET /v1/payouts/{id}.</summary>
internal static class ReadPayouts
{
    private static readonly string[] States = [.. Enum.GetValues<PayoutState>().Select(PayoutStates.Text)];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/payouts", ListAsync).Needs(Permission.PayoutsRead).AnswersList<PayoutView>("List payouts, newest first").Refuses(400, 422)
            .Takes("state", "Only payouts in this state.", States);
        routes.MapGet("/v1/payouts/{id}", GetAsync).Needs(Permission.PayoutsRead).Answers<PayoutView>(StatusCodes.Status200OK, "Read one payout with its slices").Refuses(404);
    }

    private static async Task<IResult> GetAsync(string id, Caller caller, Database database, CancellationToken ct)
    {
        if (!Id.TryParse<PayoutId>(id, out var payout)) return Reply.Refused(Unknown());
        var stored = await database.ReadAsync(caller.Tenant, session => StoredPayout.FindAsync(session, payout, ct), ct);
        return stored is null ? Reply.Refused(Unknown()) : Reply.Ok(PayoutView.Of(stored), PayoutsJson.Default.PayoutView);
    }

    private static async Task<IResult> ListAsync(HttpRequest request, Caller caller, Database database, CancellationToken ct, string? state = null)
    {
        var page = PageRequest.From(request);
        if (page.Problem is { } badPage) return Reply.Refused(badPage);
        if (state is not null && !States.Contains(state, StringComparer.Ordinal))
            return Reply.Refused(Problem.Invalid("state", "unknown", $"One of {string.Join(", ", States)}."));

        var payouts = await database.ReadAsync(caller.Tenant, async session =>
        {
            var rows = await session.ListAsync(PayoutSql.List, [page.Value.Before, page.Value.Fetch, state], PayoutSql.ReadPayout, ct);
            var slices = (await session.ListAsync(PayoutSql.SlicesOf, [rows.Select(row => row.Id.Value).ToArray()], PayoutSql.ReadSlice, ct)).ToLookup(slice => slice.Payout);
            return rows.Select(row => PayoutView.Of(row, row.With([.. slices[row.Id]]))).ToList();
        }, ct);
        var (items, next) = page.Value.Cut(payouts, view => Id.TryParse<PayoutId>(view.Id, out var id) ? id.Value : Guid.Empty);
        return Reply.Ok(items, PayoutsJson.Default.IReadOnlyListPayoutView, next);
    }

    internal static Problem Unknown() => new(Errors.NotFound, "There is no such payout.");
}
