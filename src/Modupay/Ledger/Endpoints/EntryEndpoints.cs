using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Modupay.Http;
using Modupay.Tenancy;

namespace Modupay.Ledger.Endpoints;

/// <summary>A line of a statement of account: what moved it, and what caused that.</summary>
/// <param name="Journal">The journal, <c>jrn_…</c>.</param>
/// <param name="Source">What caused the journal: a word, a colon and an id; <c>api:</c> before what was sent to this API.</param>
/// <param name="Kind">What kind of journal it is.</param>
/// <param name="Description">What the journal says.</param>
/// <param name="EffectiveOn">The day on which it counts.</param>
/// <param name="RecordedAt">When it was written (UTC).</param>
/// <param name="Layer"><c>posted</c> moves the balance, <c>pending</c> holds, <c>released</c> gives back what was held.</param>
/// <param name="Amount">Positive on the account's normal side: for an account that grows by credits, a credit is positive.</param>
/// <param name="BalanceAfter">The posted balance after it, positive on the normal side; absent for accounts that are kept in several rows.</param>
/// <param name="Version">Counts the account's postings, from 1.</param>
/// <param name="Cause">The same source, taken apart.</param>
internal sealed record EntryView(string Journal, string Source, string Kind, string Description, DateOnly EffectiveOn, DateTimeOffset RecordedAt, string Layer, MoneyView Amount, MoneyView? BalanceAfter,
    long Version, CauseView Cause);

/// <summary>Who caused a journal, read from its source.</summary>
/// <param name="Kind">The word before the colon, such as <c>api</c> or <c>slice-settled</c>.</param>
/// <param name="Id">What stands behind it.</param>
/// <param name="Path">Where to read that object in this API, where it can be read.</param>
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
    /// <param name="Account">The account, <c>acc_…</c>.</param>
    /// <param name="At">The day at whose end is counted.</param>
    /// <param name="Balance">Positive on the normal side.</param>
    /// <param name="Debits">The sum of all debits, without a sign.</param>
    /// <param name="Credits">The sum of all credits, without a sign.</param>
    /// <param name="BroughtForward">The balance before the oldest entry of this page, positive on the normal side.</param>
    /// <param name="Entries">What made the rest, newest first.</param>
    internal sealed record ExplanationView(string Account, DateOnly At, MoneyView Balance, MoneyView Debits, MoneyView Credits, MoneyView BroughtForward, IReadOnlyList<EntryView> Entries);

    private static readonly string[] Layers = [.. Enum.GetValues<Layer>().Select(JournalBatch.Text)];
    private static readonly string[] Formats = ["json", "csv"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/ledger/accounts/{id}/entries", EntriesAsync).Needs(Permission.LedgerRead).AnswersList<EntryView>("The statement of an account, newest first; format=csv for a file").Refuses(400, 404, 422)
            .Takes("from", "The first effective day, `yyyy-MM-dd`.")
            .Takes("to", "The last effective day, `yyyy-MM-dd`.")
            .Takes("layer", "Only entries of this layer: what moved the balance, what was held, or what ended a hold.", Layers)
            .Takes("format", "`csv` answers a file; `json` when absent.", Formats);
        routes.MapGet("/v1/ledger/accounts/{id}/explain", ExplainAsync).WithName("explainLedgerAccount").Needs(Permission.LedgerRead)
            .Answers<ExplanationView>(StatusCodes.Status200OK, "The postings that make a balance, and what caused each of them").Refuses(400, 404, 422)
            .Takes("at", "The balance at the end of this effective day, `yyyy-MM-dd`; today (UTC) when absent.");
    }

    private static async Task<IResult> EntriesAsync(string id, HttpRequest request, Caller caller, Database database, CancellationToken ct,
        DateOnly? from = null, DateOnly? to = null, string? layer = null, string? format = null)
    {
        if (layer is not null && !Layers.Contains(layer)) return Reply.Refused(new(Errors.InvalidRequest, "There is no such layer.", [new("layer", "unknown", "posted, pending or released.")]));
        if (format is not null && !Formats.Contains(format)) return Reply.Refused(new(Errors.InvalidRequest, "There is no such format.", [new("format", "unknown", "json or csv.")]));
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
