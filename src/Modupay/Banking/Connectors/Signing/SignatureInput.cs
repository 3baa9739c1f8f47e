using System.Text;

namespace Modupay.Banking.Connectors.Signing;

/// <summary>
/// One member of <c>Signature-Input</c>: which components are signed and under which conditions. Strict on purpose: one signature, plain
/// component names without parameters, no name twice. What a bank or we never send needs no reading.
/// </summary>
/// <param name="Parameters">The member's value exactly as it was received: it is the last line of what is signed.</param>
internal sealed record SignatureInput(
    string Label, IReadOnlyList<string> Components, string Parameters, DateTimeOffset? Created, DateTimeOffset? Expires, string? Nonce, string? KeyId, string? Algorithm)
{
    private const int MaxLength = 4096;

    public static SignatureInput? Parse(string? header)
    {
        if (header is null || header.Length > MaxLength) return null;
        var equals = header.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0 || !header[..equals].All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character is '-' or '_' or '.' or '*')) return null;

        var reader = new Reader(header, equals + 1);
        if (reader.Components() is not { } components) return null;
        if (reader.Parameters() is not { } parameters) return null;
        return new SignatureInput(header[..equals], components, header[(equals + 1)..], Instant(parameters, "created"), Instant(parameters, "expires"),
            Text(parameters, "nonce"), Text(parameters, "keyid"), Text(parameters, "alg"));
    }

    private static string? Text(Dictionary<string, object> parameters, string name) => parameters.GetValueOrDefault(name) as string;

    private static DateTimeOffset? Instant(Dictionary<string, object> parameters, string name) =>
        parameters.GetValueOrDefault(name) is long seconds and >= 0 and < 253402300800 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    /// <summary>The part of RFC 8941 structured fields that signatures use: an inner list of strings, then parameters that are strings or integers.</summary>
    private sealed class Reader(string text, int at)
    {
        private int _at = at;

        public List<string>? Components()
        {
            if (!Take('(')) return null;
            var names = new List<string>();
            while (!Take(')'))
            {
                if (names.Count > 0 && !Take(' ')) return null;
                if (String() is not { Length: > 0 } name || names.Contains(name, StringComparer.Ordinal)) return null;
                names.Add(name);
            }

            return names;
        }

        public Dictionary<string, object>? Parameters()
        {
            var parameters = new Dictionary<string, object>(StringComparer.Ordinal);
            while (_at < text.Length)
            {
                if (!Take(';')) return null;
                var name = While(character => char.IsAsciiLetterLower(character) || character is '-' or '_');
                if (name.Length == 0 || !Take('=')) return null;
                object? value = _at < text.Length && text[_at] == '"' ? String() : Integer();
                if (value is null || !parameters.TryAdd(name, value)) return null;
            }

            return parameters;
        }

        private string? String()
        {
            if (!Take('"')) return null;
            var value = new StringBuilder();
            for (; _at < text.Length; _at++)
            {
                if (text[_at] == '"')
                {
                    _at++;
                    return value.ToString();
                }

                if (text[_at] == '\\' && ++_at == text.Length) return null;
                if (text[_at] is < ' ' or > '~') return null;
                value.Append(text[_at]);
            }

            return null;
        }

        private object? Integer() => long.TryParse(While(character => char.IsAsciiDigit(character) || character == '-'), out var value) ? value : null;

        private string While(Func<char, bool> accepts)
        {
            var start = _at;
            while (_at < text.Length && accepts(text[_at])) _at++;
            return text[start.._at];
        }

        private bool Take(char expected)
        {
            if (_at >= text.Length || text[_at] != expected) return false;
            _at++;
            return true;
        }
    }
}
