using System.Text.Json;
using Npgsql;

namespace Modupay.Data;

/// <summary>Opens connections as one database role.</summary>
internal static class DataSources
{
    /// <param name="secret">Answers the current <c>{"username":…,"password":…}</c>.</param>
    public static Task<ConnectionPool> OpenAsync(Settings settings, Func<CancellationToken, Task<string>> secret, TimeProvider time, CancellationToken ct) =>
        ConnectionPool.StartAsync(async token => DatabaseLogin.Parse(await secret(token)), login => Of(settings, login), time, ct);

    public static NpgsqlDataSource Of(Settings settings, DatabaseLogin login)
    {
        var connection = new NpgsqlConnectionStringBuilder
        {
            Host = settings.DatabaseHost,
            Port = settings.DatabasePort,
            Database = settings.DatabaseName,
            Username = login.Username,
            Password = login.Password,
            SslMode = Enum.Parse<SslMode>(settings.DatabaseSsl.Replace("-", "", StringComparison.Ordinal), ignoreCase: true),
            MaxPoolSize = settings.DatabasePool,
            ApplicationName = settings.Function,
            // A pooled connection carries no state of ours: the tenant is local to a transaction. So it needs no reset when it is returned.
            NoResetOnClose = true,
            Timeout = 5,
            CommandTimeout = 30,
            // Long enough to span a quiet minute of a Lambda sandbox, short enough that a failover is noticed.
            ConnectionIdleLifetime = 60,
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
        };
        var builder = new NpgsqlSlimDataSourceBuilder(connection.ConnectionString);
        builder.EnableTransportSecurity();
        builder.EnableArrays();
        builder.EnableJsonTypes();
        return builder.Build();
    }
}

/// <summary>The shape RDS itself writes into Secrets Manager.</summary>
internal sealed record DatabaseLogin(string Username, string Password)
{
    public static DatabaseLogin Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return new(document.RootElement.GetProperty("username").GetString()!, document.RootElement.GetProperty("password").GetString()!);
    }

    /// <summary>A record shows its members, and this one is not for showing.</summary>
    public override string ToString() => Username;
}
