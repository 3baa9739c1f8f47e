using System.Collections.Frozen;

namespace Modupay.Formats;

/// <summary>
/// ISO 4217: which codes exist and how many decimals their minor unit has. Withdrawn codes stay, because old statements stay.
/// </summary>
public static class CurrencyCodes
{
    private const string TwoDecimals =
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUC CUP CVE CZK " +
        "DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL " +
        "MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD " +
        "SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG ZWL " +
        // Withdrawn, and CNH, which is no ISO code but what banks write for renminbi held outside China.
        "ATS AZM BEC BGL BYB CNH CSD CSK CYP DEM DKR EEK FIM FRF GHC IEP LTL LVL MRO MTL MZM NLG PLZ ROL RUR SDD SIT SKK SRG STD TMM UAK VEB VEF YUM ZMK ZWD";

    private const string NoDecimals = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF BEF BYR ESP GRD ITL LUF PTE TRL";
    private const string ThreeDecimals = "BHD IQD JOD KWD LYD OMR TND";
    private const string FourDecimals = "CLF UYW";

    private static readonly FrozenDictionary<string, int> Decimals = new[] { (NoDecimals, 0), (TwoDecimals, 2), (ThreeDecimals, 3), (FourDecimals, 4) }
        .SelectMany(group => group.Item1.Split(' ').Select(code => KeyValuePair.Create(code, group.Item2)))
        .ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<int, string> Codes = Decimals.Keys.ToFrozenDictionary(code => Key(code[0], code[1], code[2]));

    public static bool IsKnown(string code) => Decimals.ContainsKey(code);

    public static bool TryGetDecimals(string code, out int decimals) => Decimals.TryGetValue(code, out decimals);

    /// <summary>Two when the code is unknown or empty: a fragment without a balance names no currency, yet its amounts can be shown.</summary>
    public static int DecimalsOrTwo(string code) => Decimals.TryGetValue(code, out var decimals) ? decimals : 2;

    /// <summary>The one shared string of a code, so that a million lines do not carry a million copies of "EUR".</summary>
    public static string? Find(ReadOnlySpan<byte> code) =>
        code.Length == 3 && Codes.TryGetValue(Key((char)code[0], (char)code[1], (char)code[2]), out var found) ? found : null;

    public static string? Find(ReadOnlySpan<char> code) => code.Length == 3 && Codes.TryGetValue(Key(code[0], code[1], code[2]), out var found) ? found : null;

    private static int Key(char a, char b, char c) => (a << 16) | (b << 8) | c;
}
