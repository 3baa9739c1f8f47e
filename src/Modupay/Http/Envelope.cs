namespace Modupay.Http;

// The shapes of every answer, for the OpenAPI document. Success is written by Reply, which already has the data as bytes.

/// <summary>A successful answer.</summary>
internal sealed record Envelope<T>(bool Success, T Data, Meta Meta) where T : notnull;

/// <summary>A page of a list, newest first. <c>meta.nextCursor</c> is absent on the last page.</summary>
internal sealed record ListEnvelope<T>(bool Success, IReadOnlyList<T> Data, Meta Meta);

/// <summary>A refusal or a failure: the members of RFC 9457 inside the envelope.</summary>
internal sealed record ErrorEnvelope(bool Success, ErrorBody Error, Meta Meta);

internal sealed record ErrorBody(string Type, string Code, string Title, int Status, string Detail, IReadOnlyList<FieldProblem>? Errors);

internal sealed record Meta(string RequestId, DateTimeOffset Timestamp, string? NextCursor = null);

/// <summary>An amount in the currency's minor units: 1050 EUR is ten euros fifty, 1050 XOF is one thousand and fifty francs.</summary>
internal sealed record MoneyView(long Amount, string Currency)
{
    public static MoneyView Of(Money money) => new(money.Minor, money.Currency.Code);
}
