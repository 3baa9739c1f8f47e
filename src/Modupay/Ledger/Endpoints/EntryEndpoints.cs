using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Ledger.Endpoints;

/// <summary>A line of a statement of account: what moved it, and what caused that.</summary>
internal sealed record EntryView(string Journal, string Source, string Kind, string Description, DateOnly EffectiveOn, DateTimeOffset RecordedAt, string Layer, MoneyView Amount, MoneyView? BalanceAfter,
    long Version, CauseView Cause);

/// <summary>Who caused a journal, read from its source: the word before the colon, the object behind it, and where to read that object.</summary>
internal sealed record CauseView(string Kind, string Id, string? Path)
{
    public static CauseView Of(string source)
    {
        var colon = source.IndexOf(':', StringComparison.Ordinal);
        var (kind, id) = colon < 0 ? ("", source) : (source[..colon], source[(colon + 1)..]);
        return new(kind, id, id.Split('_')[0] switch
        {
            "po" => $"/v1/payouts/{id}",
            "ta" => $"/v1/treasury-accounts/{id}",
            "jrn" => $"/v1/ledger/journals/{id}",
            _ => null,
        });
    }
}

/// <summary>GET /v1/ledger/accounts/{id}/entries and /explain: how an account came to its balance.</summary>
internal static class EntryEndpoints
{
    /// <summary>The balance is what was brought forward and the entries of this page; the next page explains what was brought forward.</summary>
    internal sealed record ExplanationView(string Account, DateOnly At, MoneyView Balance, MoneyView Debits, MoneyView Credits, MoneyView BroughtForward, IReadOnlyList<EntryView> Entries);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/ledger/accounts/{id}/entries", EntriesAsync).Needs(Permission.LedgerRead).AnswersList<EntryView>("The statement of an account, newest first; format=csv for a file").Refuses(400, 404, 422);
        routes.MapGet("/v1/ledger/accounts/{id}/explain", ExplainAsync).WithName("explainLedgerAccount").Needs(Permission.LedgerRead)
            .Answers<ExplanationView>(StatusCodes.Status200OK, "The postings that make a balance, and what caused each of them").Refuses(400, 404, 422);
    }

    private static async Task<IResult> EntriesAsync(string id, HttpRequest request, Caller caller, Database database, CancellationToken ct,
        DateOnly? from = null, DateOnly? to = null, string? layer = null, string? format = null)
    {
        if (layer is not (null or "posted" or "pending" or "released")) return Reply.Refused(new(Errors.InvalidRequest, "There is no such layer.", [new("layer", "unknown", "posted, pending or released.")]));
        if (format is not (null or "json" or "csv")) return Reply.Refused(new(Errors.InvalidRequest, "There is no such format.", [new("format", "unknown", "json or csv.")]));
        var page = PageRequest.From(request);
        if (page.Problem is { } badPage) return Reply.Refused(badPage);
        if (!Id.TryParse<LedgerAccountId>(id, out var account)) return Reply.Refused(AccountEndpoints.Unknown());
        var (found, rows) = await database.ReadAsync(caller.Tenant, async session => (
            await Accounts.FindAsync(session, account, ct),
            await Accounts.EntriesAsync(session, account, page.Value.Before, from, to, page.Value.Fetch, layer, ct)), ct);
        if (found is null) return Reply.Refused(AccountEndpoints.Unknown());

        var (items, next) = Cut(page.Value, rows);
        var entries = items.ConvertAll(entry => View(entry, found));
        return format == "csv" ? new CsvReply(Csv(entries), next) : Reply.Ok(entries, LedgerJson.Default.IReadOnlyListEntryView, next);
    }

    private static async Task<IResult> ExplainAsync(string id, HttpRequest request, Caller caller, Database database, CancellationToken ct, DateOnly? at = null)
    {
        var page = PageRequest.From(request);
        if (page.Problem is { } badPage) return Reply.Refused(badPage);
        if (!Id.TryParse<LedgerAccountId>(id, out var account)) return Reply.Refused(AccountEndpoints.Unknown());
        var day = at ?? DateOnly.FromDateTime(database.Time.GetUtcNow().UtcDateTime);
        var (view, next) = await database.ReadAsync(caller.Tenant, session => DescribeAsync(session, account, day, page.Value, ct), ct);
        return view is null ? Reply.Refused(AccountEndpoints.Unknown()) : Reply.Ok(view, LedgerJson.Default.ExplanationView, next);
    }

    private static async Task<(ExplanationView? View, string? Next)> DescribeAsync(Session session, LedgerAccountId id, DateOnly day, PageRequest page, CancellationToken ct)
    {
        if (await Accounts.FindAsync(session, id, ct) is not { } account) return default;
        var (debits, credits) = await Accounts.BalanceAtAsync(session, id, day, ct);
        var (items, next) = Cut(page, await Accounts.EntriesAsync(session, id, page.Before, null, day, page.Fetch, "posted", ct));
        // Before the oldest entry that was shown; with nothing to show there is nothing before.
        var since = items.Count == 0 ? debits - credits : await Accounts.PostedSinceAsync(session, id, items[^1].Journal, day, ct);
        var currency = account.Balance.Currency.Code;
        return (new(id.ToString(), day, On(debits - credits), new(debits, currency), new(credits, currency), On(debits - credits - since), items.ConvertAll(entry => View(entry, account))), next);

        MoneyView On(long debit) => MoneyView.Of(account.Balance.OnSide(debit));
    }

    /// <summary>A page ends between two journals, because one may move an account twice.</summary>
    private static (List<Entry> Items, string? Next) Cut(PageRequest page, List<Entry> rows)
    {
        var (journals, next) = page.Cut(rows.ConvertAll(row => row.Journal).Distinct().ToList(), journal => journal.Value);
        var shown = journals.ToHashSet();
        return (rows.FindAll(row => shown.Contains(row.Journal)), next);
    }

    private static EntryView View(Entry entry, Account account) => new(entry.Journal.ToString(), entry.Source, entry.Kind, entry.Description, entry.EffectiveOn, entry.RecordedAt, entry.Layer,
        MoneyView.Of(account.Balance.OnSide(entry.Amount)), account.Shards == 1 ? MoneyView.Of(account.Balance.OnSide(entry.After)) : null, entry.Version, CauseView.Of(entry.Source));

    private static string Csv(List<EntryView> entries)
    {
        var text = new StringBuilder("effective_on,recorded_at,journal,source,kind,layer,amount_minor,balance_after_minor,currency,description\r\n");
        foreach (var entry in entries)
            text.AppendJoin(',', entry.EffectiveOn.ToString("yyyy-MM-dd"), entry.RecordedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"), entry.Journal, CsvReply.Cell(entry.Source), entry.Kind, entry.Layer,
                entry.Amount.Amount, entry.BalanceAfter?.Amount, entry.Amount.Currency, CsvReply.Cell(entry.Description)).Append("\r\n");
        return text.ToString();
    }
}
