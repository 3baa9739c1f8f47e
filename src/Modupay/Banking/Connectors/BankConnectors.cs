using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Modupay.Aws;
using Modupay.Banking.Connectors.Breaker;
using Modupay.Banking.Connectors.Rest;

namespace Modupay.Banking.Connectors;

/// <summary>Builds connectors from rows of the registry: the one place that knows which kinds there are. Built once per process.</summary>
internal sealed class BankConnectors(SecretReferences secrets, BreakerTable breakers, ConnectorLog log, TimeProvider time, ILoggerFactory logs) : IDisposable
{
    private readonly HttpClient _client = BankHttp.CreateClient();
    private readonly ConcurrentDictionary<(ConnectorId Connector, BreakerPolicy Policy), CircuitBreaker> _circuits = new();

    public static BankConnectors In(Settings settings, AwsClients aws, Database database, ILoggerFactory logs) => new(
        SecretReferences.In(aws.Secrets, settings.SecretPrefix, database.Time),
        new BreakerTable(aws.DynamoDb, settings.Table("coordination")),
        ConnectorLog.In(database, logs.CreateLogger<ConnectorLog>()),
        database.Time, logs);

    public ConnectorDirectory Directory(Database database) => new(database, Build);

    /// <summary>Whether a configuration could be used, for whoever is about to write it into the registry.</summary>
    public static Problem? Check(string kind, string configuration) => kind == "rest"
        ? RestConfiguration.Parse(configuration).Problem
        : new Problem(Errors.InvalidRequest, "This version speaks to banks by rest connectors only.", [new("kind", "unsupported", "rest")]);

    public Result<IBankConnector> Build(TenantId tenant, ConnectorEntry entry)
    {
        if (Check(entry.Kind, entry.Configuration) is { } problem) return problem;
        var configuration = RestConfiguration.Parse(entry.Configuration).Value;
        var http = new BankHttp(_client, configuration, secrets, time, logs.CreateLogger<BankHttp>());
        return new RestBankConnector(entry.Id, tenant, configuration, http, Circuit(entry.Id, configuration.Breaker), log, time);
    }

    public void Dispose() => _client.Dispose();

    // One object per circuit, so that its second of memory is shared by all orders of this process.
    private CircuitBreaker Circuit(ConnectorId connector, BreakerPolicy policy) =>
        _circuits.GetOrAdd((connector, policy), key => new CircuitBreaker(key.Connector.ToString(), key.Policy, breakers, time, logs.CreateLogger<CircuitBreaker>()));
}
