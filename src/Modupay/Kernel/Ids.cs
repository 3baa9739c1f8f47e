namespace Modupay.Kernel;

/// <summary>One organization in one mode: the unit of isolation.</summary>
internal readonly record struct TenantId(Guid Value) : IId<TenantId>
{
    public static string Prefix => "ten";
    public static TenantId From(Guid value) => new(value);
    public override string ToString() => Id.Text(this);
}

internal readonly record struct OrganizationId(Guid Value) : IId<OrganizationId>
{
    public static string Prefix => "org";
    public static OrganizationId From(Guid value) => new(value);
    public override string ToString() => Id.Text(this);
}

internal readonly record struct DepartmentId(Guid Value) : IId<DepartmentId>
{
    public static string Prefix => "dep";
    public static DepartmentId From(Guid value) => new(value);
    public override string ToString() => Id.Text(this);
}

internal readonly record struct ApiKeyId(Guid Value) : IId<ApiKeyId>
{
    public static string Prefix => "key";
    public static ApiKeyId From(Guid value) => new(value);
    public override string ToString() => Id.Text(this);
}

internal readonly record struct BankProfileId(Guid Value) : IId<BankProfileId>
{
    public static string Prefix => "bp";
    public static BankProfileId From(Guid value) => new(value);
    public override string ToString() => Id.Text(this);
}

internal readonly record struct ConnectorId(Guid Value) : IId<ConnectorId>
{
    public static string Prefix => "con";
    public static ConnectorId From(Guid value) => new(value);
    public override string ToString() => Id.Text(this);
}

internal readonly record struct TreasuryAccountId(Guid Value) : IId<TreasuryAccountId>
{
    public static string Prefix => "ta";
    public static TreasuryAccountId From(Guid value) => new(value);
    public override string ToString() => Id.Text(this);
}

internal readonly record struct PayoutId(Guid Value) : IId<PayoutId>
{
    public static string Prefix => "po";
    public static PayoutId From(Guid value) => new(value);
    public override string ToString() => Id.Text(this);
}

internal readonly record struct SliceId(Guid Value) : IId<SliceId>
{
    public static string Prefix => "sl";
    public static SliceId From(Guid value) => new(value);
    public override string ToString() => Id.Text(this);
}

/// <summary>A file as the bank delivered it; it may hold several statements.</summary>
internal readonly record struct StatementFileId(Guid Value) : IId<StatementFileId>
{
    public static string Prefix => "sf";
    public static StatementFileId From(Guid value) => new(value);
    public override string ToString() => Id.Text(this);
}

internal readonly record struct StatementId(Guid Value) : IId<StatementId>
{
    public static string Prefix => "st";
    public static StatementId From(Guid value) => new(value);
    public override string ToString() => Id.Text(this);
}

internal readonly record struct StatementLineId(Guid Value) : IId<StatementLineId>
{
    public static string Prefix => "ln";
    public static StatementLineId From(Guid value) => new(value);
    public override string ToString() => Id.Text(this);
}

internal readonly record struct MatchId(Guid Value) : IId<MatchId>
{
    public static string Prefix => "mt";
    public static MatchId From(Guid value) => new(value);
    public override string ToString() => Id.Text(this);
}

internal readonly record struct EventId(Guid Value) : IId<EventId>
{
    public static string Prefix => "evt";
    public static EventId From(Guid value) => new(value);
    public override string ToString() => Id.Text(this);
}

internal readonly record struct WebhookEndpointId(Guid Value) : IId<WebhookEndpointId>
{
    public static string Prefix => "we";
    public static WebhookEndpointId From(Guid value) => new(value);
    public override string ToString() => Id.Text(this);
}

internal readonly record struct DeliveryId(Guid Value) : IId<DeliveryId>
{
    public static string Prefix => "dlv";
    public static DeliveryId From(Guid value) => new(value);
    public override string ToString() => Id.Text(this);
}

internal readonly record struct JournalId(Guid Value) : IId<JournalId>
{
    public static string Prefix => "jrn";
    public static JournalId From(Guid value) => new(value);
    public override string ToString() => Id.Text(this);
}

internal readonly record struct LedgerAccountId(Guid Value) : IId<LedgerAccountId>
{
    public static string Prefix => "acc";
    public static LedgerAccountId From(Guid value) => new(value);
    public override string ToString() => Id.Text(this);
}

/// <summary>A person whose data we hold.</summary>
internal readonly record struct SubjectId(Guid Value) : IId<SubjectId>
{
    public static string Prefix => "sub";
    public static SubjectId From(Guid value) => new(value);
    public override string ToString() => Id.Text(this);
}
