using System.Text.Json.Nodes;
using Modupay.Aws;

namespace Modupay;

/// <summary>Runs on every deployment, as a CloudFormation custom resource, before the functions of that version exist. It also gives the other roles their passwords.</summary>
internal sealed class MigratorFunction(Settings settings, TimeProvider time)
{
    private const string Applied = "modupay-migrations";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public async Task<ReadOnlyMemory<byte>> HandleAsync(ReadOnlyMemory<byte> payload, Invocation invocation, CancellationToken ct)
    {
        // Deleting the stack must not touch the data, and must not fail because the database is already gone.
        if ((string?)JsonNode.Parse(payload.Span)?["RequestType"] is not "Delete") await MigrateAsync(settings, time, ct);
        return System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["PhysicalResourceId"] = Applied }.ToJsonString());
    }

    /// <returns>The names of the migrations that were applied now.</returns>
    public static async Task<IReadOnlyList<string>> MigrateAsync(Settings settings, TimeProvider time, CancellationToken ct)
    {
        using var aws = new AwsClients(settings);
        await using var owner = DataSources.Of(settings, DatabaseLogin.Parse(await aws.Secrets.GetSecretValueAsync(settings.DatabaseSecret, ct)));
        var app = DatabaseLogin.Parse(await aws.Secrets.GetSecretValueAsync($"{settings.SecretPrefix}/database/app", ct));
        var relay = DatabaseLogin.Parse(await aws.Secrets.GetSecretValueAsync($"{settings.SecretPrefix}/database/relay", ct));
        await WaitForDatabaseAsync(owner, time, ct);
        return await new Migrator(owner, time).MigrateAsync(Migration.All, [new("modupay_app", app), new("modupay_relay", relay)], ct);
    }

    /// <summary>On the first deployment the proxy in front of the database is seconds old and may still refuse.</summary>
    private static async Task WaitForDatabaseAsync(Npgsql.NpgsqlDataSource owner, TimeProvider time, CancellationToken ct)
    {
        for (var until = time.GetUtcNow() + Patience; ;)
        {
            try
            {
                await using var connection = await owner.OpenConnectionAsync(ct);
                return;
            }
            catch (Npgsql.NpgsqlException exception) when (exception.IsTransient && time.GetUtcNow() < until)
            {
                await Task.Delay(TimeSpan.FromSeconds(2), time, ct);
            }
        }
    }
}
