using System.Text;
using System.Text.Json;
using Modupay.Formats;

namespace Modupay.Local.Verbs;

/// <summary>
/// Totals of a file. Transactions are the bank's entries (<c>:61:</c>, <c>Ntry</c>, rows), lines are after splitting batches, sums are over
/// booked entries; rejected statements count as problems only.
/// </summary>
internal sealed class SummarySink(List<ParseProblem> problems) : IStatementSink
{
    private int statements;
    private long transactions;
    private long lines;
    private decimal credits;
    private decimal debits;
    private int decimals;
    private Balance? opening;
    private Balance? closing;
    private bool first = true;

    public void BeginStatement(StatementHeader header)
    {
        // Known only when the statement is complete.
    }

    public void Line(StatementLine line)
    {
        // The end of the statement carries the counts and sums.
    }

    public void EndStatement(StatementEnd end)
    {
        if (end.Standing is Standing.Rejected) return;
        var exponent = CurrencyCodes.DecimalsOrTwo(end.Header.Currency ?? "");
        statements++;
        transactions += end.Entries;
        lines += end.Lines;
        credits += MinorUnits.ToDecimal(end.CreditsMinor, exponent);
        debits += MinorUnits.ToDecimal(end.DebitsMinor, exponent);
        decimals = Math.Max(decimals, exponent);
        if (first) opening = end.Header.Opening;
        first = false;
        closing = end.Closing;
    }

    public void Problem(ParseProblem problem) => problems.Add(problem);

    public string ToJson(FileSummary summary, string? file)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, StatementJson.Format))
        {
            json.WriteStartObject();
            if (file is not null) json.WriteString("file", file);
            if (statements == 0) json.WriteString("error", problems.FirstOrDefault(problem => problem.Severity is Severity.Error)?.Code ?? "no_statement");
            json.WriteString("format", summary.Format);
            json.WriteNumber("statements", statements);
            json.WriteNumber("transactions", transactions);
            json.WriteNumber("lines", lines);
            Amount(json, "opening_balance", opening);
            Amount(json, "closing_balance", closing);
            json.WriteString("sum_credits", credits.ToString("F" + decimals));
            json.WriteString("sum_debits", debits.ToString("F" + decimals));
            json.WriteNumber("coverage", summary.Coverage);
            json.WriteNumber("problems", summary.Problems);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Amount(Utf8JsonWriter json, string name, Balance? balance)
    {
        if (balance is null) json.WriteNull(name);
        else json.WriteString(name, MinorUnits.Print(balance.AmountMinor, balance.Currency));
    }
}
