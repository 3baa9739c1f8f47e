using System.Text.Json;
using Npgsql;

namespace Modupay.Data;

/// <summary>Opens the pool for one database role. The password is a secret that is fetched again from time to time, so a rotation loses no connection.</summary>
internal static class DataSources
{
    private static readonly TimeSpan PasswordLasts = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan RetryPassword = TimeSpan.FromSeconds(2);

    /// <param name="secret">Answers the current <c>{"username":…,"password":…}</c>.</param>
    public static async Task<NpgsqlDataSource> OpenAsync(Settings settings, Func<CancellationToken, Task<string>> secret, CancellationToken ct)
    {
        var first = DatabaseLogin.Parse(await secret(ct));
        var connection = new NpgsqlConnectionStringBuilder
        {
            Host = settings.DatabaseHost,
            Port = settings.DatabasePort,
            Database = settings.DatabaseName,
            Username = first.Username,
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
        builder.UsePeriodicPasswordProvider(async (_, token) => DatabaseLogin.Parse(await secret(token)).Password, PasswordLasts, RetryPassword);
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
}
