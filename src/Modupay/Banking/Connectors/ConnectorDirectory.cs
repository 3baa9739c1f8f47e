namespace Modupay.Banking.Connectors;

internal static class ConnectorSql
{
    /// <summary>The lowest priority number goes first; the id breaks a tie, so that every process chooses the same one.</summary>
    internal const string ForTreasuryAccount = """
        select connector.connector_id, connector.kind, connector.configuration::text
        from banking.treasury_accounts account
        join banking.bank_connectors_registry connector
            on connector.tenant_id = account.tenant_id and connector.bank_profile_id = account.bank_profile_id
        where account.treasury_account_id = $1 and connector.enabled
        order by connector.priority, connector.connector_id
        limit 1
        """;

    internal const string ById = "select connector_id, kind, configuration::text from banking.bank_connectors_registry where connector_id = $1";
}

/// <summary>Which connector speaks to the bank of a treasury account.</summary>
internal sealed class ConnectorDirectory(Database database, Func<TenantId, ConnectorEntry, Result<IBankConnector>> build)
{
    /// <summary>For an order that is about to be sent for the first time.</summary>
    public async Task<Result<IBankConnector>> ForTreasuryAccountAsync(TenantId tenant, TreasuryAccountId account, CancellationToken ct) =>
        await database.FirstAsync(tenant, ConnectorSql.ForTreasuryAccount, [account.Value], Read, ct) is { } entry
            ? build(tenant, entry)
            : new Problem(Errors.BankConnectorUnknown, $"No enabled connector reaches the bank of {account}.");

    /// <summary>For an order that was claimed before: the same connector, even if it has been disabled since, because its bank may hold the order.</summary>
    public async Task<Result<IBankConnector>> ByIdAsync(TenantId tenant, ConnectorId connector, CancellationToken ct) =>
        await database.FirstAsync(tenant, ConnectorSql.ById, [connector.Value], Read, ct) is { } entry
            ? build(tenant, entry)
            : new Problem(Errors.BankConnectorUnknown, $"There is no connector {connector}.");

    private static ConnectorEntry Read(Npgsql.NpgsqlDataReader row) => new(new ConnectorId(row.GetGuid(0)), row.GetString(1), row.GetString(2));
}

/// <summary>A row of the registry. The configuration is the kind's own JSON; secrets in it are references.</summary>
internal sealed record ConnectorEntry(ConnectorId Id, string Kind, string Configuration);
