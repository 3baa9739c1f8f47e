namespace Modupay.Banking;

/// <summary>Business identifier codes, ISO 9362: four letters of the party, two of the country, two or five characters of place and branch.</summary>
internal static class Bics
{
    public static bool IsWellFormed(string bic) => bic.Length is 8 or 11 && bic[..6].All(char.IsAsciiLetterUpper) && bic[6..].All(character => char.IsAsciiLetterUpper(character) || char.IsAsciiDigit(character));
}
