namespace Modupay.Formats.Mt.Information;

/// <summary>Code words of up to four letters packed into one integer, so that they compare and switch at the speed of numbers.</summary>
internal static class CodeWord
{
    public const uint
        Eref = ('E' << 24) | ('R' << 16) | ('E' << 8) | 'F', Kref = ('K' << 24) | ('R' << 16) | ('E' << 8) | 'F',
        Mref = ('M' << 24) | ('R' << 16) | ('E' << 8) | 'F', Cred = ('C' << 24) | ('R' << 16) | ('E' << 8) | 'D',
        Debt = ('D' << 24) | ('E' << 16) | ('B' << 8) | 'T', Coam = ('C' << 24) | ('O' << 16) | ('A' << 8) | 'M',
        Oamt = ('O' << 24) | ('A' << 16) | ('M' << 8) | 'T', Svwz = ('S' << 24) | ('V' << 16) | ('W' << 8) | 'Z',
        Abwa = ('A' << 24) | ('B' << 16) | ('W' << 8) | 'A', Abwe = ('A' << 24) | ('B' << 16) | ('W' << 8) | 'E',
        Iban = ('I' << 24) | ('B' << 16) | ('A' << 8) | 'N', Bic = ('B' << 16) | ('I' << 8) | 'C',
        Purp = ('P' << 24) | ('U' << 16) | ('R' << 8) | 'P', Rref = ('R' << 24) | ('R' << 16) | ('E' << 8) | 'F',
        Rtrn = ('R' << 24) | ('T' << 16) | ('R' << 8) | 'N', Mdat = ('M' << 24) | ('D' << 16) | ('A' << 8) | 'T',
        Trtp = ('T' << 24) | ('R' << 16) | ('T' << 8) | 'P', Name = ('N' << 24) | ('A' << 16) | ('M' << 8) | 'E',
        Remi = ('R' << 24) | ('E' << 16) | ('M' << 8) | 'I', Marf = ('M' << 24) | ('A' << 16) | ('R' << 8) | 'F',
        Csid = ('C' << 24) | ('S' << 16) | ('I' << 8) | 'D', Ordp = ('O' << 24) | ('R' << 16) | ('D' << 8) | 'P',
        Benm = ('B' << 24) | ('E' << 16) | ('N' << 8) | 'M', Isdt = ('I' << 24) | ('S' << 16) | ('D' << 8) | 'T',
        Cntp = ('C' << 24) | ('N' << 16) | ('T' << 8) | 'P', Pref = ('P' << 24) | ('R' << 16) | ('E' << 8) | 'F',
        Ultc = ('U' << 24) | ('L' << 16) | ('T' << 8) | 'C', Ultd = ('U' << 24) | ('L' << 16) | ('T' << 8) | 'D',
        Ultb = ('U' << 24) | ('L' << 16) | ('T' << 8) | 'B', Adr = ('A' << 16) | ('D' << 8) | 'R', Addr = ('A' << 24) | ('D' << 16) | ('D' << 8) | 'R',
        Bai = ('B' << 16) | ('A' << 8) | 'I', Acno = ('A' << 24) | ('C' << 16) | ('N' << 8) | 'O', Id = ('I' << 8) | 'D',
        Clrf = ('C' << 24) | ('L' << 16) | ('R' << 8) | 'F', Trcd = ('T' << 24) | ('R' << 16) | ('C' << 8) | 'D',
        Inif = ('I' << 24) | ('N' << 16) | ('I' << 8) | 'F', Cref = ('C' << 24) | ('R' << 16) | ('E' << 8) | 'F',
        Ocmt = ('O' << 24) | ('C' << 16) | ('M' << 8) | 'T', Chgs = ('C' << 24) | ('H' << 16) | ('G' << 8) | 'S',
        Exch = ('E' << 24) | ('X' << 16) | ('C' << 8) | 'H', Nrtx = ('N' << 24) | ('R' << 16) | ('T' << 8) | 'X',
        Sval = ('S' << 24) | ('V' << 16) | ('A' << 8) | 'L', Subm = ('S' << 24) | ('U' << 16) | ('B' << 8) | 'M',
        Acct = ('A' << 24) | ('C' << 16) | ('C' << 8) | 'T', Swoc = ('S' << 24) | ('W' << 16) | ('O' << 8) | 'C',
        Bic4 = ('B' << 24) | ('I' << 16) | ('C' << 8) | '4';

    public static uint Pack(ReadOnlySpan<byte> word)
    {
        uint packed = 0;
        foreach (var character in word) packed = (packed << 8) | character;
        return packed;
    }
}
