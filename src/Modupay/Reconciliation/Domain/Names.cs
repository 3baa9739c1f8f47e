using System.Collections.Frozen;

namespace Modupay.Reconciliation;

/// <summary>
/// Names as banks write them: upper case without accents, cut off, with or without the legal form, in either order. Two names are compared by the
/// three-letter pieces of their words, so that none of this matters much.
/// </summary>
internal static class Names
{
    /// <summary>Below this many shared pieces a name that is contained in another one proves little: "AG" is contained in half of them.</summary>
    private const int LeastContained = 8;

    private static readonly FrozenDictionary<char, string> Plain = Letters(
        "ÀÁÂÃÄÅĀĂĄ=A Æ=AE ÇĆĈĊČ=C ÐĎĐ=D ÈÉÊËĒĔĖĘĚ=E ĜĞĠĢ=G ĤĦ=H ÌÍÎÏĨĪĬĮİ=I Ĵ=J Ķ=K ĹĻĽĿŁ=L ÑŃŅŇŊ=N ÒÓÔÕÖØŌŎŐ=O Œ=OE ŔŖŘ=R ŚŜŞŠȘ=S ẞß=SS ŢŤŦȚ=T Þ=TH ÙÚÛÜŨŪŬŮŰŲ=U Ŵ=W ÝŶŸ=Y ŹŻŽ=Z");

    /// <summary>Legal forms and forms of address: some banks print them, others do not.</summary>
    private static readonly FrozenSet<string> Said = (
        "SA SAS SASU SARL EURL SCI SNC SCOP SELARL EI EIRL GIE GMBH MBH AG KG KGAA OHG GBR UG EV EK SE LTD LIMITED PLC LLC LLP INC CORP CO BV NV SPRL SRL SPA SNC SL SLU LDA OY OYJ AB AS ASA APS DOO ZOO SP KFT SRO "
        + "M MR MME MLLE MONSIEUR MADAME HERR FRAU MRS MS MISS DR ET AND UND OU OR").Split(' ').ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The words that tell one name from another.</summary>
    public static IReadOnlyList<string> Words(string name)
    {
        var plain = new System.Text.StringBuilder(name.Length);
        foreach (var character in name.ToUpperInvariant())
        {
            if (char.IsAsciiLetterOrDigit(character)) plain.Append(character);
            else if (Plain.TryGetValue(character, out var letters)) plain.Append(letters);
            // S.A.R.L. and O'Brien are one word each.
            else if (character is not ('.' or '\'' or '’')) plain.Append(char.IsLetter(character) ? character : ' ');
        }
        var words = plain.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var telling = words.Where(word => !Said.Contains(word)).ToArray();
        return telling.Length > 0 ? telling : words;
    }

    /// <summary>Each word with a blank on either side, cut into pieces of three.</summary>
    public static IReadOnlySet<string> Pieces(string name)
    {
        var pieces = new HashSet<string>(StringComparer.Ordinal);
        foreach (var word in Words(name).Select(word => $" {word} "))
            for (var i = 0; i + 3 <= word.Length; i++) pieces.Add(word.Substring(i, 3));
        return pieces;
    }

    /// <summary>How much two names have in common, from 0 to 1000. Both are sorted sets of hashed pieces.</summary>
    public static int Similarity(ReadOnlySpan<int> left, ReadOnlySpan<int> right)
    {
        if (left.IsEmpty || right.IsEmpty) return 0;
        var shared = 0;
        for (int i = 0, j = 0; i < left.Length && j < right.Length;)
        {
            if (left[i] == right[j]) (shared, i, j) = (shared + 1, i + 1, j + 1);
            else if (left[i] < right[j]) i++;
            else j++;
        }
        var alike = 2000 * shared / (left.Length + right.Length);
        var smaller = Math.Min(left.Length, right.Length);
        return smaller < LeastContained ? alike : Math.Max(alike, 900 * shared / smaller);
    }

    private static FrozenDictionary<char, string> Letters(string table) => table.Split(' ').Select(row => row.Split('='))
        .SelectMany(row => row[0].Select(letter => KeyValuePair.Create(letter, row[1]))).ToFrozenDictionary();
}
