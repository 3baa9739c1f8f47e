using System.Text.RegularExpressions;
using Modupay.Http;

namespace Modupay.Ledger.Endpoints;

/// <summary>What may be asked of an account.</summary>
internal static partial class AccountRules
{
    private const string NoDebt = "debits_must_not_exceed_credits";
    private const string NoClaim = "credits_must_not_exceed_debits";
    internal static readonly string[] Flags = [NoDebt, NoClaim];
    internal static readonly string[] States = ["open", "frozen", "closed"];
    private const int MostMetadata = 50;
    private const int LongestMetadata = 500;

    public static IReadOnlyList<string> FlagsOf(Account account) => [.. account.DebitLimit == 0 ? [NoDebt] : Array.Empty<string>(), .. account.CreditLimit == 0 ? [NoClaim] : Array.Empty<string>()];

    public static long? DebitLimit(AccountEndpoints.OpenRequest request) => request.Flags?.Contains(NoDebt, StringComparer.Ordinal) is true ? 0 : request.DebitLimit;

    public static long? CreditLimit(AccountEndpoints.OpenRequest request) => request.Flags?.Contains(NoClaim, StringComparer.Ordinal) is true ? 0 : request.CreditLimit;

    public static Result<(AccountEndpoints.OpenRequest Request, Currency Currency)> Check(AccountEndpoints.OpenRequest request)
    {
        var problems = new List<FieldProblem>();
        if (request.Code.Length > 200 || !Code().IsMatch(request.Code)) problems.Add(new("code", "invalid", "Segments of letters, digits and _ . : -, separated by slashes; at most 200 characters."));
        if (request.NormalSide is not (null or "debit" or "credit")) problems.Add(new("normalSide", "unknown", "debit or credit."));
        if (request.Flags?.Any(flag => !Flags.Contains(flag)) is true) problems.Add(new("flags", "unknown", $"{NoDebt} and {NoClaim}."));
        Check(request.Name, request.Metadata, problems);
        CheckLimit("debitLimit", request.DebitLimit, problems);
        CheckLimit("creditLimit", request.CreditLimit, problems);
        var currency = Currency.Parse(request.Currency);
        if (currency.Problem is { } unknown) problems.Add(new("currency", unknown.Error.Code, unknown.Detail));
        return problems.Count > 0 ? Problem.Invalid(problems) : (request, currency.Value);
    }

    public static Result<AccountEndpoints.ChangeRequest> Check(AccountEndpoints.ChangeRequest request)
    {
        var problems = new List<FieldProblem>();
        if (request.State is not null && !States.Contains(request.State)) problems.Add(new("state", "unknown", "open, frozen or closed."));
        Check(request.Name, request.Metadata, problems);
        CheckLimit("limits.debit", request.Limits?.Debit, problems);
        CheckLimit("limits.credit", request.Limits?.Credit, problems);
        return problems.Count > 0 ? Problem.Invalid(problems) : request;
    }

    private static void Check(string? name, Dictionary<string, string>? metadata, List<FieldProblem> problems)
    {
        if (name?.Length > 200) problems.Add(new("name", "length", "At most 200 characters."));
        if (metadata?.Count > MostMetadata || metadata?.Any(pair => pair.Key.Length is 0 or > 40 || pair.Value.Length > LongestMetadata) is true)
            problems.Add(new("metadata", "too_large", $"At most {MostMetadata} texts of at most {LongestMetadata} characters, with names of at most 40."));
    }

    private static void CheckLimit(string field, long? limit, List<FieldProblem> problems)
    {
        if (limit is < 0 or > Journal.LargestAmount) problems.Add(new(field, "out_of_range", "Zero or more."));
    }

    [GeneratedRegex("^[A-Za-z0-9_.:-]+(/[A-Za-z0-9_.:-]+)*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex Code();
}
