namespace Modupay.Formats;

public static class Iso4217
{
    public static bool TryGetExponent(string code, out int exponent) { exponent = code is "XOF" or "JPY" ? 0 : code == "TND" ? 3 : 2; return code is "EUR" or "XOF" or "TND" or "JPY"; }
}
