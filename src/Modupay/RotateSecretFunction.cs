using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Modupay.Audit;
using Modupay.Aws;
using Modupay.Tenancy;
using Npgsql;

namespace Modupay;

/// <summary>What Secrets Manager sends, once for each of the four steps; any of them may come again.</summary>
internal sealed record RotationStep(string Step, string SecretId, string ClientRequestToken);

[JsonSerializable(typeof(RotationStep))]
internal sealed partial class RotationJson : JsonSerializerContext;

/// <summary>
/// Replaces the password of a database role, every ninety days and whenever somebody asks. The application's roles have two logins each that take turns:
/// the new password is set on the one nobody uses, so whoever still holds the old secret goes on until the next rotation. The owner serves no
/// requests and keeps its one login. See docs/decisions/0063.
/// </summary>
internal sealed class RotateSecretFunction(Settings settings, TimeProvider time)
{
    private const int PasswordBytes = 32;
    private const string OwnersSecret = "database/owner";

    public async Task<ReadOnlyMemory<byte>> HandleAsync(ReadOnlyMemory<byte> payload, Invocation invocation, CancellationToken ct)
    {
        var step = JsonSerializer.Deserialize(payload.Span, RotationJson.Default.RotationStep) ?? throw new JsonException("The step is null.");
        await RunAsync(step, ct);
        return "{}"u8.ToArray();
    }

    public async Task RunAsync(RotationStep step, CancellationToken ct)
    {
        using var aws = new AwsClients(settings);
        await RunAsync(aws.Secrets, step, ct);
    }

    private async Task RunAsync(SecretsClient secrets, RotationStep step, CancellationToken ct)
    {
        var stages = await secrets.StagesAsync(step.SecretId, ct);
        if (!stages.TryGetValue(step.ClientRequestToken, out var own)) throw new InvalidOperationException($"The secret has no version {step.ClientRequestToken} to rotate to.");
        // It was finished before; the message came late.
        if (own.Contains(SecretsClient.Current)) return;

        switch (step.Step)
        {
            case "createSecret": await CreateAsync(secrets, step, ct); break;
            case "setSecret": await SetAsync(secrets, step, ct); break;
            case "testSecret": await TestAsync(await PendingAsync(secrets, step, ct), ct); break;
            case "finishSecret":
                await RecordAsync(secrets, await PendingAsync(secrets, step, ct), step, ct);
                await secrets.MakeCurrentAsync(step.SecretId, step.ClientRequestToken, stages.FirstOrDefault(version => version.Value.Contains(SecretsClient.Current)).Key, ct);
                break;
            default: throw new InvalidOperationException($"A rotation has no step {step.Step}.");
        }
    }

    /// <summary>A new password for the login that has its turn. Secrets Manager reserved the version; it may have its value already.</summary>
    private async Task CreateAsync(SecretsClient secrets, RotationStep step, CancellationToken ct)
    {
        if (await FindPendingAsync(secrets, step, ct) is not null) return;
        var text = await secrets.GetSecretValueAsync(step.SecretId, ct);
        var current = DatabaseLogin.Parse(text);
        // Whatever else RDS wrote into it stays.
        var next = JsonNode.Parse(text)!.AsObject();
        next["username"] = IsOwners(current) ? current.Username : DatabaseRoles.Other(current.Username);
        next["password"] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PasswordBytes));
        await secrets.PutPendingAsync(step.SecretId, step.ClientRequestToken, next.ToJsonString(), ct);
    }

    private async Task SetAsync(SecretsClient secrets, RotationStep step, CancellationToken ct)
    {
        var pending = await PendingAsync(secrets, step, ct);
        // The owner's own password may have been set by an attempt that then died: the new one works already.
        if (IsOwners(pending) && await WorksAsync(pending, ct)) return;
        await using var source = DataSources.Of(settings, await OwnerAsync(secrets, ct));
        await using var connection = await source.OpenConnectionAsync(ct);
        if (IsOwners(pending)) await DatabaseRoles.SetPasswordAsync(connection, pending, ct);
        else await DatabaseRoles.EnsureAsync(connection, new RoleLogin(RoleOf(pending), pending), ct);
    }

    /// <summary>Logs in as everybody soon will.</summary>
    private async Task TestAsync(DatabaseLogin pending, CancellationToken ct)
    {
        await using var source = DataSources.Of(settings, pending);
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var command = new NpgsqlCommand("select pg_has_role(current_user, $1, 'usage')", connection) { Parameters = { new() { Value = RoleOf(pending) } } };
        if (await command.ExecuteScalarAsync(ct) is not true) throw new InvalidOperationException($"{pending.Username} has not the rights of {RoleOf(pending)}.");
    }

    /// <summary>In the platform's own log, for the roles belong to no organization. Before the secret changes, so that no rotation goes unrecorded; a step that is repeated is recorded again.</summary>
    private async Task RecordAsync(SecretsClient secrets, DatabaseLogin pending, RotationStep step, CancellationToken ct)
    {
        var login = IsOwners(pending) ? pending : await OwnerAsync(secrets, ct);
        await using var source = DataSources.Of(settings, login);
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var unit = new UnitOfWork(connection, transaction, PlatformOrganization.Live, time, departments: null);
        AuditLog.Record(unit, Actor.OfSystem("secret-rotation"), AuditActions.SecretRotated, $"{settings.SecretPrefix}/database/{RoleOf(pending)["modupay_".Length..]}", Change.Set("login", pending.Username));
        await unit.CommitAsync(ct);
    }

    private async Task<bool> WorksAsync(DatabaseLogin login, CancellationToken ct)
    {
        try
        {
            await TestAsync(login, ct);
            return true;
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InvalidPassword)
        {
            return false;
        }
    }

    private async Task<DatabaseLogin> OwnerAsync(SecretsClient secrets, CancellationToken ct) => DatabaseLogin.Parse(await secrets.GetSecretValueAsync($"{settings.SecretPrefix}/{OwnersSecret}", ct));

    private static async Task<DatabaseLogin> PendingAsync(SecretsClient secrets, RotationStep step, CancellationToken ct) =>
        await FindPendingAsync(secrets, step, ct) ?? throw new InvalidOperationException("The new version has no value yet.");

    private static async Task<DatabaseLogin?> FindPendingAsync(SecretsClient secrets, RotationStep step, CancellationToken ct)
    {
        try
        {
            return DatabaseLogin.Parse(await secrets.GetSecretValueAsync(step.SecretId, step.ClientRequestToken, ct));
        }
        catch (Amazon.Runtime.AmazonServiceException missing) when (missing.ErrorCode == "ResourceNotFoundException")
        {
            return null;
        }
    }

    private static bool IsOwners(DatabaseLogin login) => login.Username == "modupay_owner";

    private static string RoleOf(DatabaseLogin login)
    {
        var other = DatabaseRoles.Other(login.Username);
        return IsOwners(login) || other.Length > login.Username.Length ? login.Username : other;
    }
}
