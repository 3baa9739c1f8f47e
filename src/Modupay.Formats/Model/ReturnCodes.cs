namespace Modupay.Formats;

/// <summary>
/// The codes by which banks say that an entry gives back a credit transfer: ISO 20022 (RRTN, a transfer that was returned; RPCR, one that was recalled;
/// among those issued and received, instant or not), SWIFT (RTI, and RET where a bank made it up) and the German banks' business transaction codes
/// (159 for a transfer, 108 and 109 for a direct debit), alone or as <c>NTRF+159+931</c>.
/// </summary>
internal static class ReturnCodes
{
    public static bool Names(string? transactionCode, string? proprietaryCode) => IsIso(transactionCode) || IsSwift(transactionCode) || HasOwn(proprietaryCode);

    private static bool IsIso(ReadOnlySpan<char> code) => code.Length == 14 && code.StartsWith("PMNT-", StringComparison.Ordinal) && code[9] == '-'
        && code[5..9] is "ICDT" or "RCDT" or "IRCT" or "RRCT" && code[10..] is "RRTN" or "RPCR";

    private static bool IsSwift(ReadOnlySpan<char> type) => type.Length == 4 && type[0] is 'N' or 'F' or 'S' && type[1..] is "RTI" or "RET";

    private static bool HasOwn(ReadOnlySpan<char> code)
    {
        foreach (var part in code.Split('+'))
            if (code[part] is "108" or "109" or "159" || IsSwift(code[part])) return true;
        return false;
    }
}
