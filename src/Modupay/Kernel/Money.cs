using Modupay.Formats;

namespace Modupay.Kernel;

/// <summary>An ISO 4217 currency. Its exponent says how many of its minor units make one major unit: XOF 0, EUR 2, TND 3.</summary>
internal readonly record struct Currency
{
    private Currency(string code, int exponent) => (Code, Exponent) = (code, exponent);

    public string Code { get; }
    public int Exponent { get; }

    public static Result<Currency> Parse(string? code) => code is { Length: 3 } && CurrencyCodes.TryGetDecimals(code, out var exponent)
        ? new Currency(code, exponent)
        : new Problem(Errors.CurrencyUnknown, $"'{(code is { Length: <= 12 } ? code : "…")}' is not an ISO 4217 currency code.");

    /// <summary>For codes that have already been accepted once: from the database, or from our own constants.</summary>
    public static Currency Known(string code) => Parse(code).Value;

    public override string ToString() => Code;
}

/// <summary>An amount in whole minor units. There is no other way to hold money, and no floating point on the way to it.</summary>
internal readonly record struct Money(long Minor, Currency Currency)
{
    public static Result<Money> Parse(long minor, string? currency)
    {
        var known = Currency.Parse(currency);
        return known.Problem is { } unknown ? unknown : new Money(minor, known.Value);
    }

    public static Money Zero(Currency currency) => new(0, currency);

    public static Money operator +(Money left, Money right) => new(left.Minor + right.In(left.Currency), left.Currency);
    public static Money operator -(Money left, Money right) => new(left.Minor - right.In(left.Currency), left.Currency);
    public static Money operator -(Money value) => new(-value.Minor, value.Currency);

    /// <summary>Cuts the amount into pieces no larger than the limit: as many full pieces as fit, then the rest.</summary>
    public IReadOnlyList<Money> SplitBy(Money limit)
    {
        var most = limit.In(Currency);
        if (most <= 0) throw new InvalidOperationException($"Cannot split by {limit}.");
        var pieces = new List<Money>();
        for (var left = Minor; left > 0; left -= most) pieces.Add(new Money(Math.Min(left, most), Currency));
        return pieces;
    }

    private long In(Currency currency) => Currency == currency ? Minor : throw new InvalidOperationException($"{Currency} is not {currency}.");

    /// <summary>For people and bank files: <c>1050.25 EUR</c>.</summary>
    public override string ToString() => $"{Decimal()} {Currency}";

    /// <summary>The amount with the currency's own number of decimals and a dot: <c>1050.25</c>, <c>-3</c> for XOF.</summary>
    public string Decimal()
    {
        var digits = Int128.Abs(Minor).ToString().PadLeft(Currency.Exponent + 1, '0');
        var text = Currency.Exponent == 0 ? digits : $"{digits[..^Currency.Exponent]}.{digits[^Currency.Exponent..]}";
        return Minor < 0 ? "-" + text : text;
    }
}
