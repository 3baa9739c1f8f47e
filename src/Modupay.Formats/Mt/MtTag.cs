namespace Modupay.Formats.Mt;

/// <summary>Tags as integers: two digits and an option letter.</summary>
internal static class MtTag
{
    public const int
        None = 0, Reference = 20 << 8, Related = 21 << 8, Created = 13 << 8, CreatedWithZone = (13 << 8) | 'D', Account = 25 << 8, AccountWithBic = (25 << 8) | 'P',
        OpeningBare = 60 << 8, ClosingBare = 62 << 8, Number = 28 << 8, NumberC = (28 << 8) | 'C', Floor = (34 << 8) | 'F', OpeningFinal = (60 << 8) | 'F', OpeningPage = (60 << 8) | 'M', Line = 61 << 8,
        ClosingFinal = (62 << 8) | 'F', ClosingPage = (62 << 8) | 'M', Available = 64 << 8, Forward = 65 << 8, Information = 86 << 8,
        DebitCount = (90 << 8) | 'D', CreditCount = (90 << 8) | 'C', BankLines = 1;

    /// <summary><c>:nn:</c>, <c>:nnA:</c> or <c>:NS:</c> at the start of the span. Anything else that begins with a colon is text.</summary>
    public static int Read(ReadOnlySpan<byte> text, out int length)
    {
        length = 0;
        if (text.Length < 4 || text[0] != ':') return None;
        if (text[1] == 'N' && text[2] == 'S' && text[3] == ':')
        {
            length = 4;
            return BankLines;
        }

        var tens = text[1] - '0';
        var ones = text[2] - '0';
        if (tens is < 0 or > 9 || ones is < 0 or > 9) return None;
        if (text[3] == ':')
        {
            length = 4;
            return ((tens * 10) + ones) << 8;
        }

        var option = text[3] & ~0x20;
        if (text.Length < 5 || text[4] != ':' || option is < 'A' or > 'Z') return None;
        length = 5;
        return (((tens * 10) + ones) << 8) | option;
    }

    public static string Print(int tag) => tag == BankLines ? ":NS:" : (tag & 0xFF) == 0 ? $":{tag >> 8:00}:" : $":{tag >> 8:00}{(char)(tag & 0xFF)}:";
}
