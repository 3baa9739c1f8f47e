using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Modupay.Formats;

namespace Modupay.Local.Verbs;

/// <summary>Writes a file's statements as they are read, one object on one line, so that a large file never sits in memory as text.</summary>
internal sealed class StatementJson : IStatementSink, IDisposable
{
    // Names of payers are printed as they are; the output is no HTML.
    public static readonly JsonWriterOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly MemoryStream buffer = new();
    private readonly Utf8JsonWriter json;
    private readonly TextWriter output;
    private readonly List<ParseProblem> problems;
    private readonly List<ParseProblem> ofStatement = [];
    private readonly string? file;
    private bool begun;

    public StatementJson(TextWriter output, string? file, List<ParseProblem> problems)
    {
        (this.output, this.file, this.problems) = (output, file, problems);
        json = new Utf8JsonWriter(buffer, Format);
    }

    public static string Failed(string? file, string error)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Format))
        {
            writer.WriteStartObject();
            if (file is not null) writer.WriteString("file", file);
            writer.WriteString("error", error);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    public void BeginStatement(StatementHeader header)
    {
        if (!begun)
        {
            json.WriteStartObject();
            if (file is not null) json.WriteString("file", file);
            json.WriteStartArray("statements");
            begun = true;
        }

        json.WriteStartObject();
        json.WriteString("account", header.Account);
        json.WriteString("iban", header.Iban);
        json.WriteString("currency", header.Currency);
        json.WriteString("reference", header.Reference);
        json.WriteString("number", header.Number);
        Number("sequence", header.Sequence);
        Number("page", header.Page);
        Balance("opening", header.Opening);
        json.WriteStartArray("lines");
    }

    public void Line(StatementLine line)
    {
        json.WriteStartObject();
        json.WriteNumber("entry", line.Entry);
        if (line.Parts > 1) json.WriteString("part", $"{line.Part}/{line.Parts}");
        Date("bookingDate", line.BookingDate);
        Date("valueDate", line.ValueDate);
        json.WriteString("amount", MinorUnits.Print(line.AmountMinor, line.Currency));
        json.WriteString("currency", line.Currency);
        if (line.Status is not EntryStatus.Booked) json.WriteString("status", line.Status.ToString().ToLowerInvariant());
        json.WriteString("endToEndId", line.EndToEndId);
        json.WriteString("reference", line.ClientReference);
        json.WriteString("bankReference", line.BankReference);
        json.WriteString("remittance", line.Remittance);
        if (line.StructuredReference is not null) json.WriteString("structuredReference", line.StructuredReference);
        json.WriteStartObject("counterparty");
        json.WriteString("name", line.Counterparty.Name);
        json.WriteString("iban", line.Counterparty.Iban);
        if (line.Counterparty.Iban is null && line.Counterparty.Account is not null) json.WriteString("account", line.Counterparty.Account);
        json.WriteString("bic", line.Counterparty.Bic);
        json.WriteEndObject();
        json.WriteString("transactionCode", line.TransactionCode);
        Text("proprietaryCode", line.ProprietaryCode);
        Text("bookingText", line.BookingText);
        Text("mandateId", line.MandateId);
        Text("creditorId", line.CreditorId);
        if (line.IsReturn) json.WriteBoolean("return", true);
        Text("returnReason", line.ReturnReason);
        Text("originalReference", line.OriginalReference);
        Text("purpose", line.PurposeCode);
        if (line.Original is { } original)
        {
            json.WriteStartObject("original");
            json.WriteString("amount", MinorUnits.Print(original.AmountMinor, original.Currency));
            json.WriteString("currency", original.Currency);
            if (original.Rate is { } rate) json.WriteString("rate", rate.ToString());
            json.WriteEndObject();
        }

        if (line.Charges.Count > 0)
        {
            json.WriteStartArray("charges");
            foreach (var charge in line.Charges)
            {
                json.WriteStartObject();
                json.WriteString("amount", MinorUnits.Print(charge.AmountMinor, charge.Currency));
                json.WriteString("currency", charge.Currency);
                json.WriteBoolean("included", charge.Included);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteBoolean("reversal", line.Reversal);
        json.WriteNumber("line", line.Position.Line);
        json.WriteEndObject();
    }

    public void EndStatement(StatementEnd end)
    {
        json.WriteEndArray();
        Balance("closing", end.Closing);
        // What only became known at the end stands after the lines.
        json.WriteString("standing", end.Standing.ToString().ToLowerInvariant());
        if (end.Balanced is { } balanced) json.WriteBoolean("balanced", balanced);
        Text("information", end.Information);
        Problems(ofStatement);
        ofStatement.Clear();
        json.WriteEndObject();
    }

    public void Problem(ParseProblem problem)
    {
        problems.Add(problem);
        if (problem.Statement is not null) ofStatement.Add(problem);
    }

    public async ValueTask FlushAsync(CancellationToken ct)
    {
        await json.FlushAsync(ct);
        await output.WriteAsync(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length).AsMemory(), ct);
        buffer.SetLength(0);
    }

    public void Complete(FileSummary summary)
    {
        if (!begun)
        {
            json.WriteStartObject();
            if (file is not null) json.WriteString("file", file);
            json.WriteStartArray("statements");
        }

        json.WriteEndArray();
        json.WriteString("format", summary.Format);
        json.WriteString("encoding", summary.Encoding);
        json.WriteNumber("coverage", summary.Coverage);
        Problems(problems);
        json.WriteEndObject();
        json.Flush();
        output.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    public void Dispose()
    {
        json.Dispose();
        buffer.Dispose();
    }

    private void Problems(List<ParseProblem> list)
    {
        json.WriteStartArray("problems");
        foreach (var problem in list)
        {
            json.WriteStartObject();
            json.WriteString("code", problem.Code);
            json.WriteString("severity", problem.Severity.ToString().ToLowerInvariant());
            json.WriteString("message", problem.Message);
            json.WriteNumber("line", problem.Position.Line);
            json.WriteNumber("column", problem.Position.Column);
            Text("raw", problem.Raw);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void Text(string name, string? value)
    {
        if (value is not null) json.WriteString(name, value);
    }

    private void Number(string name, int? value)
    {
        if (value is { } number) json.WriteNumber(name, number);
        else json.WriteNull(name);
    }

    private void Date(string name, DateOnly? date)
    {
        if (date is { } day) json.WriteString(name, day.ToString("yyyy-MM-dd"));
        else json.WriteNull(name);
    }

    private void Balance(string name, Balance? balance)
    {
        if (balance is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("amount", MinorUnits.Print(balance.AmountMinor, balance.Currency));
        json.WriteString("currency", balance.Currency);
        if (balance.Date is { } date) json.WriteString("date", date.ToString("yyyy-MM-dd"));
        json.WriteEndObject();
    }
}
