using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Modupay.Local.Cloud;

internal sealed record SecretsOptions(string Folder)
{
    public AwsAccount Account { get; init; } = AwsAccount.Local;

    /// <summary>Secrets that must exist, with what makes their first value.</summary>
    public IReadOnlyDictionary<string, Func<string>> Secrets { get; init; } = new Dictionary<string, Func<string>>(StringComparer.Ordinal);

    public int Port { get; init; }

    public Action<string> Log { get; init; } = static _ => { };

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>AWS Secrets Manager on loopback: its wire protocol, versions and stages, values kept in the data folder, rotations run by one function. No schedules, replicas or policies.</summary>
internal sealed partial class SecretsStandIn : IAsyncDisposable
{
    private readonly SecretFile _secrets;
    private readonly SecretsOptions _options;
    private readonly ConcurrentDictionary<string, Task> _rotations = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private LoopbackServer _server = null!;

    private SecretsStandIn(SecretFile secrets, SecretsOptions options) => (_secrets, _options) = (secrets, options);

    public string Url => _server.Url;

    /// <summary>What runs the steps of a rotation; until it is set, nothing can be rotated.</summary>
    public Func<RotationStep, CancellationToken, Task>? Rotate { get; set; }

    public static async Task<SecretsStandIn> StartAsync(SecretsOptions options, CancellationToken ct)
    {
        var standIn = new SecretsStandIn(await SecretFile.LoadAsync(options.Folder, ct), options);
        foreach (var (name, value) in options.Secrets)
            await standIn._secrets.ChangeAsync(name, existing => existing ?? standIn.New(name, "", standIn.Version(null, value(), null, [Secret.Current])), ct);
        standIn._server = await AwsJsonServer.StartAsync(
            new AwsJsonService("secretsmanager", "secretsmanager", "1.1", standIn.Operations()) { InvalidCode = "InvalidParameterException" }, options.Port, ct);
        return standIn;
    }

    /// <summary>The current value, for those in this process that create the database roles.</summary>
    public string Value(string name) => _secrets.Find(name)?.Staged(Secret.Current)?.Text ?? throw new ArgumentException($"There is no secret {name}.", nameof(name));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_rotations.Values);
        _stop.Dispose();
        await _server.DisposeAsync();
        _secrets.Dispose();
    }

    private Dictionary<string, AwsOperation> Operations() => new(StringComparer.Ordinal)
    {
        ["CreateSecret"] = new(CreateAsync, "Name", "ClientRequestToken", "Description", "SecretString", "SecretBinary"),
        ["PutSecretValue"] = new(PutValueAsync, "SecretId", "ClientRequestToken", "SecretString", "SecretBinary", "VersionStages"),
        ["UpdateSecretVersionStage"] = new(MoveStageAsync, "SecretId", "VersionStage", "MoveToVersionId", "RemoveFromVersionId"),
        ["RotateSecret"] = new(RotateAsync, "SecretId", "ClientRequestToken"),
        ["GetSecretValue"] = new(GetValue, "SecretId", "VersionId", "VersionStage"),
        ["DescribeSecret"] = new(request => Described(Existing(request)), "SecretId"),
        ["DeleteSecret"] = new(DeleteAsync, "SecretId", "RecoveryWindowInDays", "ForceDeleteWithoutRecovery"),
        ["ListSecrets"] = new(List, "MaxResults", "NextToken", "IncludePlannedDeletion"),
    };

    private async Task<JsonObject> CreateAsync(AwsRequest request, CancellationToken ct)
    {
        var name = request.Text("Name");
        if (!ValidName().IsMatch(name)) throw request.Invalid("A name has 1 to 512 letters, digits or any of /_+=.@-");
        var version = Version(request, [Secret.Current]);
        var secret = (await _secrets.ChangeAsync(name, existing => existing switch
        {
            null => New(name, request.TextOrNull("Description") ?? "", version),
            { DeletedAt: not null } => throw new AwsException("InvalidRequestException", $"You can't create {name} because a secret with this name is scheduled for deletion."),
            // The same request sent again, because its answer was lost.
            _ when request.Has("ClientRequestToken") && version is not null && existing.Version(version.Id)?.HasValueOf(version) == true => existing,
            _ => throw new AwsException("ResourceExistsException", $"The secret {name} already exists."),
        }, ct))!;
        var answer = new JsonObject { ["ARN"] = secret.Arn, ["Name"] = secret.Name };
        if (version is not null) answer["VersionId"] = version.Id;
        return answer;
    }

    private async Task<JsonObject> PutValueAsync(AwsRequest request, CancellationToken ct)
    {
        var stages = request.Texts("VersionStages");
        var version = Version(request, stages.Count > 0 ? stages : [Secret.Current]) ?? throw request.Invalid("Give either SecretString or SecretBinary.");
        var secret = await ChangeAsync(request, existing => existing.Version(version.Id) switch
        {
            null or { IsEmpty: true } => existing.With(version),
            var same when same.HasValueOf(version) => existing,
            _ => throw new AwsException("ResourceExistsException", $"The version {version.Id} exists with another value."),
        }, ct);
        return new() { ["ARN"] = secret.Arn, ["Name"] = secret.Name, ["VersionId"] = version.Id, ["VersionStages"] = Strings(secret.Version(version.Id)!.Stages) };
    }

    private async Task<JsonObject> MoveStageAsync(AwsRequest request, CancellationToken ct)
    {
        var (stage, to, from) = (request.Text("VersionStage"), request.TextOrNull("MoveToVersionId"), request.TextOrNull("RemoveFromVersionId"));
        if (to is null && from is null) throw request.Invalid("Give MoveToVersionId, RemoveFromVersionId or both.");
        var secret = await ChangeAsync(request, existing =>
        {
            if (to is not null && existing.Version(to) is null) throw NoVersion(to);
            // Naming the version that has the label now is how the caller proves that nobody moved it meanwhile.
            if (existing.Staged(stage) is { } holder && holder.Id != to && holder.Id != from) throw request.Invalid($"The stage {stage} is on version {holder.Id}: RemoveFromVersionId must name it.");
            if (to is null && stage == Secret.Current) throw request.Invalid("AWSCURRENT can only be moved, not removed.");
            return existing.Move(stage, to);
        }, ct);
        return new() { ["ARN"] = secret.Arn, ["Name"] = secret.Name };
    }

    /// <summary>Reserves the next version and answers; the steps follow by themselves. A rotation that stopped half-way is taken up again.</summary>
    private async Task<JsonObject> RotateAsync(AwsRequest request, CancellationToken ct)
    {
        var rotate = Rotate ?? throw new AwsException("InvalidRequestException", "No function rotates the secrets yet.");
        var id = request.TextOrNull("ClientRequestToken") ?? Guid.CreateVersion7(_options.Clock.GetUtcNow()).ToString();
        var secret = await ChangeAsync(request, existing => existing.Staged(Secret.Pending) is { } pending && !pending.Stages.Contains(Secret.Current)
            ? existing
            : existing.With(Version(id, null, null, [Secret.Pending])), ct);
        var version = secret.Staged(Secret.Pending)!.Id;
        // One after the other: whoever asks while a rotation is about to stop must not be told of one that nobody takes up. The steps of a finished one do nothing.
        _ = _rotations.AddOrUpdate(secret.Name, _ => StepsAsync(Task.CompletedTask), (_, before) => StepsAsync(before));
        return new() { ["ARN"] = secret.Arn, ["Name"] = secret.Name, ["VersionId"] = version };

        async Task StepsAsync(Task before)
        {
            await Task.Yield();
            await before;
            try
            {
                foreach (var step in new[] { "createSecret", "setSecret", "testSecret", "finishSecret" }) await rotate(new RotationStep(step, secret.Name, version), _stop.Token);
            }
            catch (Exception exception) when (!_stop.IsCancellationRequested)
            {
                // As in AWS: the version stays pending, and whoever rotates next takes it up again.
                _options.Log($"The rotation of {secret.Name} stopped: {exception.Message}");
            }
            catch (OperationCanceledException)
            {
                // The local cloud stops; the version stays pending.
            }
        }
    }

    private JsonObject GetValue(AwsRequest request)
    {
        var secret = Existing(request);
        if (secret.DeletedAt is not null) throw Deleted();
        var (id, stage) = (request.TextOrNull("VersionId"), request.TextOrNull("VersionStage"));
        var version = (id is null ? secret.Staged(stage ?? Secret.Current) : secret.Version(id)) ?? throw NoVersion(id ?? $"with the staging label {stage ?? Secret.Current}");
        if (id is not null && stage is not null && !version.Stages.Contains(stage)) throw new AwsException("InvalidRequestException", $"The version {id} does not have the stage {stage}.");
        if (version.IsEmpty) throw NoVersion(version.Id);
        var answer = new JsonObject
        {
            ["ARN"] = secret.Arn,
            ["Name"] = secret.Name,
            ["VersionId"] = version.Id,
            ["VersionStages"] = Strings(version.Stages),
            ["CreatedDate"] = Epoch(version.CreatedAt),
        };
        if (version.Text is { } text) answer["SecretString"] = text;
        if (version.Binary is { } bytes) answer["SecretBinary"] = Convert.ToBase64String(bytes);
        return answer;
    }

    private async Task<JsonObject> DeleteAsync(AwsRequest request, CancellationToken ct)
    {
        var (force, days) = (request.Flag("ForceDeleteWithoutRecovery"), request.NumberOrNull("RecoveryWindowInDays", 7, 30));
        if (force && days is not null) throw request.Invalid("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
        var secret = Existing(request);
        if (secret.DeletedAt is not null && !force) throw Deleted();
        var now = _options.Clock.GetUtcNow();
        var at = force ? now : now.AddDays(days ?? 30);
        await _secrets.ChangeAsync(secret.Name, existing => force ? null : existing! with { DeletedAt = at }, ct);
        return new() { ["ARN"] = secret.Arn, ["Name"] = secret.Name, ["DeletionDate"] = Epoch(at) };
    }

    private JsonObject List(AwsRequest request)
    {
        var most = request.NumberOrNull("MaxResults", 1, 100) ?? 100;
        var after = request.TextOrNull("NextToken");
        var rest = _secrets.Secrets.Values
            .Where(secret => request.Flag("IncludePlannedDeletion") || secret.DeletedAt is null)
            .Where(secret => after is null || string.CompareOrdinal(secret.Name, after) > 0)
            .Take(most + 1).ToList();
        var page = rest.Take(most).ToList();
        var answer = new JsonObject { ["SecretList"] = new JsonArray([.. page.Select(secret => Described(secret, "SecretVersionsToStages"))]) };
        if (rest.Count > most) answer["NextToken"] = page[^1].Name;
        return answer;
    }

    private async Task<Secret> ChangeAsync(AwsRequest request, Func<Secret, Secret> change, CancellationToken ct) =>
        (await _secrets.ChangeAsync(request.Text("SecretId"), existing => change(existing switch
        {
            null => throw NotFound(),
            { DeletedAt: not null } => throw Deleted(),
            _ => existing,
        }), ct))!;

    private Secret New(string name, string description, SecretVersion? version)
    {
        var secret = new Secret(name, _options.Account.Arn("secretsmanager", $"secret:{name}-{RandomNumberGenerator.GetHexString(6, lowercase: true)}"), description, _options.Clock.GetUtcNow(), []);
        return version is null ? secret : secret.With(version);
    }

    private SecretVersion? Version(AwsRequest request, IReadOnlyList<string> stages)
    {
        var (text, bytes) = (request.TextOrNull("SecretString"), request.BytesOrNull("SecretBinary"));
        if (text is not null && bytes is not null) throw request.Invalid("You can't specify both a binary secret value and a string secret value in the same secret.");
        if ((text?.Length ?? bytes?.Length ?? 0) > 65536) throw request.Invalid("A secret value has at most 65536 bytes.");
        return text is null && bytes is null ? null : Version(request.TextOrNull("ClientRequestToken"), text, bytes, stages);
    }

    private SecretVersion Version(string? id, string? text, byte[]? bytes, IReadOnlyList<string> stages) =>
        new(id ?? Guid.CreateVersion7(_options.Clock.GetUtcNow()).ToString(), text, bytes, _options.Clock.GetUtcNow(), [.. stages]);

    private static JsonObject Described(Secret secret, string versions = "VersionIdsToStages")
    {
        var answer = new JsonObject
        {
            ["ARN"] = secret.Arn,
            ["Name"] = secret.Name,
            ["Description"] = secret.Description,
            ["CreatedDate"] = Epoch(secret.CreatedAt),
            ["LastChangedDate"] = Epoch(secret.Versions.Select(version => version.CreatedAt).Append(secret.CreatedAt).Max()),
            [versions] = new JsonObject(secret.Versions.Where(version => version.Stages.Count > 0).Select(version => KeyValuePair.Create(version.Id, (JsonNode?)Strings(version.Stages)))),
        };
        if (secret.DeletedAt is { } at) answer["DeletedDate"] = Epoch(at);
        return answer;
    }

    private Secret Existing(AwsRequest request) => _secrets.Find(request.Text("SecretId")) ?? throw NotFound();

    private static AwsException NotFound() => new("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");

    private static AwsException NoVersion(string version) => new("ResourceNotFoundException", $"Secrets Manager can't find the specified secret value for version {version}.");

    private static AwsException Deleted() => new("InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion.");

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => (JsonNode)value)]);

    private static double Epoch(DateTimeOffset at) => at.ToUnixTimeMilliseconds() / 1000.0;

    [GeneratedRegex(@"^[A-Za-z0-9/_+=.@-]{1,512}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ValidName();
}
