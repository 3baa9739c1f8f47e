namespace Modupay.Http;

/// <summary>What is accepted as one line of text that people wrote.</summary>
internal static class Texts
{
    /// <summary>The text without blanks around it. Control characters and half characters are refused: they break logs, files of banks and terminals.</summary>
    public static string Line(string field, string text, int maxLength, List<FieldProblem> problems)
    {
        var line = text.Trim();
        if (line.Length == 0 || line.Length > maxLength) problems.Add(new(field, "length", $"From 1 to {maxLength} characters."));
        else if (!IsPlain(line)) problems.Add(new(field, "characters", "No control characters."));
        return line;
    }

    private static bool IsPlain(string line)
    {
        for (var i = 0; i < line.Length; i++)
        {
            if (char.IsControl(line[i]) || line[i] is '\u2028' or '\u2029') return false;
            if (!char.IsSurrogate(line[i])) continue;
            if (!char.IsSurrogatePair(line, i)) return false;
            i++;
        }
        return true;
    }
}
