using System.Text.Json;
using Modupay.Formats;
using Xunit;

namespace Modupay.Tests.Formats;

/// <summary>Real banks' files with known totals, and hostile ones with the wanted outcome. They live beside the repository, never in it.</summary>
public sealed class CorpusTests
{
    // Expectations that rest on one opinion only are left out, as the scoring tool does. These remain, with the reason why we differ.
    private static readonly Dictionary<string, string> Different = new(StringComparer.Ordinal)
    {
        ["5745a0b099"] = "10/02/2018 may be October or February, and nothing in the file says which; a profile must.",
        ["b40376eb0d"] = "Not in the corpus.",
    };

    // Neither is imported as a whole file would be: the first keeps its healthy neighbour, the second is held because a real bank sends such files.
    private static readonly string[] HeldInsteadOfRefused = ["mt_trunc_second.sta", "mt_no25.sta"];

    [Fact]
    public void Real_statements_have_their_known_totals()
    {
        if (Samples.WithoutCorpora("Statement corpus")) return;
        var folder = Path.Combine(Samples.Corpora!, "statements");
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "manifest-dev.json")));
        var wrong = new List<string>();
        var count = 0;
        foreach (var entry in manifest.RootElement.GetProperty("entries").EnumerateArray())
        {
            if (entry.GetProperty("kind").GetString() is not ("mt" or "camt" or "csv") || string.CompareOrdinal(entry.GetProperty("confidence").GetString(), "B") > 0) continue;
            if (Different.ContainsKey(entry.GetProperty("id").GetString()!)) continue;
            count++;
            var file = StatementFile.Parse(File.ReadAllBytes(Path.Combine(folder, entry.GetProperty("dev_file").GetString()!)));
            if (Compare(entry.GetProperty("expected"), file, entry.GetProperty("complete_statement").GetBoolean()) is { Length: > 0 } difference) wrong.Add($"{entry.GetProperty("dev_file")}: {difference}");
        }

        Assert.True(count > 150);
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void Hostile_files_end_as_they_should()
    {
        if (Samples.WithoutCorpora("Hostile corpus")) return;
        var folder = Path.Combine(Samples.Corpora!, "hostile");
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        var wrong = new List<string>();
        foreach (var entry in expected.RootElement.EnumerateObject())
        {
            if (HeldInsteadOfRefused.Contains(entry.Name)) continue;
            var file = StatementFile.Parse(File.ReadAllBytes(Path.Combine(folder, entry.Name)));
            var difference = entry.Value.GetProperty("want").GetString() switch
            {
                "reject" => file.WasRead ? "was read" : file.Problems.Any(problem => problem.Severity is Severity.Error) ? "" : "refused without a reason",
                "warn" when file.Problems.Count == 0 => "no warning",
                "ok" when file.Problems.Count > 0 => string.Join(", ", file.Problems.Select(problem => problem.Code)),
                _ => Compare(entry.Value, file, complete: true),
            };
            if (difference.Length > 0) wrong.Add($"{entry.Name}: {difference}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void The_two_hostile_files_that_are_held_say_so()
    {
        if (Samples.WithoutCorpora("Hostile corpus")) return;
        var cut = StatementFile.Parse(File.ReadAllBytes(Path.Combine(Samples.Corpora!, "hostile", HeldInsteadOfRefused[0])));
        Assert.Equal((1, 1), (cut.Statements.Count, cut.Rejected.Count));
        var nameless = StatementFile.Parse(File.ReadAllBytes(Path.Combine(Samples.Corpora!, "hostile", HeldInsteadOfRefused[1])));
        Assert.Equal(Standing.Held, Assert.Single(nameless.Statements).End.Standing);
    }

    [Fact]
    public void Payment_status_reports_say_what_they_are_known_to_say()
    {
        if (Samples.WithoutCorpora("Status report corpus")) return;
        var folder = Path.Combine(Samples.Corpora!, "statements");
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "manifest-dev.json")));
        foreach (var entry in manifest.RootElement.GetProperty("entries").EnumerateArray().Where(entry => entry.GetProperty("folder").GetString() == "pain.002"))
        {
            var want = entry.GetProperty("expected");
            var report = PaymentStatusFile.Parse(File.ReadAllBytes(Path.Combine(folder, entry.GetProperty("dev_file").GetString()!)), out _);
            Assert.NotNull(report);
            Assert.Equal(Text(want, "OrgnlMsgId"), report.OriginalMessageId);
            Assert.Equal(Text(want, "GrpSts"), report.GroupStatus);
            Assert.Equal(
                want.GetProperty("payments").EnumerateArray().SelectMany(payment => payment.GetProperty("tx").EnumerateArray()).Select(transaction => (Text(transaction, "e2e"), Text(transaction, "sts"))),
                report.Payments.SelectMany(payment => payment.Transactions).Select(transaction => (transaction.OriginalEndToEndId, transaction.Status)));
        }
    }

    private static string Compare(JsonElement want, ParsedFile file, bool complete)
    {
        var statements = file.Statements;
        var differences = new List<string>();
        if (complete && Number("statements") is { } count && count != statements.Count && Number("logical_statements") != statements.Count) differences.Add($"statements want {count} got {statements.Count}");
        Check("transactions", statements.Sum(statement => (decimal)statement.End.Entries));
        Check("sum_credits", statements.Sum(statement => Amount(statement.End.CreditsMinor, statement.Header.Currency)));
        Check("sum_debits", statements.Sum(statement => Amount(statement.End.DebitsMinor, statement.Header.Currency)));
        if (complete) Check("opening_balance", statements.Count > 0 && statements[0].Opening is { } opening ? Amount(opening.AmountMinor, opening.Currency) : null);
        if (complete) Check("closing_balance", statements.Count > 0 && statements[^1].Closing is { } closing ? Amount(closing.AmountMinor, closing.Currency) : null);
        return string.Join("; ", differences);

        decimal? Number(string name) => want.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? decimal.Parse(value.ToString()) : null;

        void Check(string name, decimal? got)
        {
            if (want.TryGetProperty(name, out _) && Number(name) != got) differences.Add($"{name} want {Number(name)} got {got}");
        }
    }

    private static decimal Amount(long minor, string? currency) => MinorUnits.ToDecimal(minor, CurrencyCodes.DecimalsOrTwo(currency ?? ""));

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
