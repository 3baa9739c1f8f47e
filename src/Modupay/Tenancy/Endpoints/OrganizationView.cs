namespace Modupay.Tenancy.Endpoints;

/// <summary>An organization as it is and as its pages and receipts look.</summary>
/// <param name="Id">Its id, <c>org_…</c>.</param>
/// <param name="Kind"><c>organization</c>, <c>partner</c> or <c>platform</c>.</param>
/// <param name="Partner">The partner that it belongs to (<c>org_…</c>), if any.</param>
/// <param name="Branding">How its pages and receipts look.</param>
internal sealed record OrganizationView(string Id, string Kind, string? Partner, string Name, BrandingView Branding, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static OrganizationView Read(Npgsql.NpgsqlDataReader row) => new(
        new OrganizationId(row.GetGuid(0)).ToString(), row.GetString(1), row.IsDBNull(2) ? null : new OrganizationId(row.GetGuid(2)).ToString(), row.GetString(3),
        new(row.Text(4), row.Text(5), row.Text(6), row.GetFieldValue<string[]>(7), row.GetBoolean(8)),
        row.GetFieldValue<DateTimeOffset>(9), row.GetFieldValue<DateTimeOffset>(10));
}

/// <summary>How the pages and receipts of an organization look.</summary>
/// <param name="DisplayName">What payers read; the organization's name when absent.</param>
/// <param name="PrimaryColor"><c>#rrggbb</c>.</param>
/// <param name="AccentColor"><c>#rrggbb</c>.</param>
/// <param name="Languages">BCP 47 tags, the preferred one first.</param>
/// <param name="HasLogo">Whether GET /v1/organizations/{id}/logo answers an image.</param>
internal sealed record BrandingView(string? DisplayName, string? PrimaryColor, string? AccentColor, IReadOnlyList<string> Languages, bool HasLogo);
