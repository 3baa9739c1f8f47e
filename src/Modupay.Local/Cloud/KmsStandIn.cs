using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Modupay.Local.Cloud;

internal sealed record KmsOptions(string Folder)
{
    public AwsAccount Account { get; init; } = AwsAccount.Local;

    /// <summary>Keys that must exist: alias (<c>alias/data</c>) and key spec (<c>SYMMETRIC_DEFAULT</c>, <c>HMAC_256</c>, <c>RSA_2048</c>, <c>ECC_NIST_P256</c> …).</summary>
    public IReadOnlyDictionary<string, string> Keys { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public int Port { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>AWS KMS on loopback: its wire protocol, real cryptography, keys kept in the data folder. No key policies, grants, rotation or multi-region keys.</summary>
internal sealed class KmsStandIn : IAsyncDisposable
{
    private const int MostPlaintext = 4096;

    private readonly KmsKeyRing _ring;
    private readonly KmsOptions _options;
    private LoopbackServer _server = null!;

    private KmsStandIn(KmsKeyRing ring, KmsOptions options) => (_ring, _options) = (ring, options);

    public string Url => _server.Url;

    public static async Task<KmsStandIn> StartAsync(KmsOptions options, CancellationToken ct)
    {
        var kms = new KmsStandIn(await KmsKeyRing.LoadAsync(options.Folder, ct), options);
        foreach (var (alias, spec) in options.Keys)
        {
            if (kms._ring.Find(alias) is { } existing)
            {
                if (existing.Spec != spec) throw new CannotStartException($"The local key {alias} is {existing.Spec} but should be {spec}: remove {options.Folder} to begin with new keys.");
                continue;
            }

            await kms._ring.NameAsync(alias, await kms.CreateAsync(spec, "", ct), ct);
        }

        kms._server = await AwsJsonServer.StartAsync(new AwsJsonService("kms", "TrentService", "1.1", kms.Operations()), options.Port, ct);
        return kms;
    }

    public string KeyArn(string alias) => _ring.Find(alias)?.Arn ?? throw new ArgumentException($"There is no key {alias}.", nameof(alias));

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _ring.Dispose();
    }

    private Dictionary<string, AwsOperation> Operations() => new(StringComparer.Ordinal)
    {
        ["Encrypt"] = new(Encrypt, "KeyId", "Plaintext", "EncryptionContext", "EncryptionAlgorithm"),
        ["Decrypt"] = new(Decrypt, "KeyId", "CiphertextBlob", "EncryptionContext", "EncryptionAlgorithm"),
        ["ReEncrypt"] = new(ReEncrypt, "CiphertextBlob", "SourceKeyId", "SourceEncryptionContext", "DestinationKeyId", "DestinationEncryptionContext"),
        ["GenerateDataKey"] = new(request => DataKey(request, withPlaintext: true), "KeyId", "KeySpec", "NumberOfBytes", "EncryptionContext"),
        ["GenerateDataKeyWithoutPlaintext"] = new(request => DataKey(request, withPlaintext: false), "KeyId", "KeySpec", "NumberOfBytes", "EncryptionContext"),
        ["GenerateMac"] = new(GenerateMac, "KeyId", "Message", "MacAlgorithm"),
        ["VerifyMac"] = new(VerifyMac, "KeyId", "Message", "MacAlgorithm", "Mac"),
        ["Sign"] = new(Sign, "KeyId", "Message", "MessageType", "SigningAlgorithm"),
        ["Verify"] = new(Verify, "KeyId", "Message", "MessageType", "SigningAlgorithm", "Signature"),
        ["GetPublicKey"] = new(GetPublicKey, "KeyId"),
        ["DescribeKey"] = new(request => new() { ["KeyMetadata"] = Metadata(Named(request, "KeyId")) }, "KeyId"),
        ["CreateKey"] = new(CreateKeyAsync, "KeySpec", "KeyUsage", "Description"),
        ["CreateAlias"] = new(CreateAliasAsync, "AliasName", "TargetKeyId"),
        ["ScheduleKeyDeletion"] = new(ScheduleKeyDeletionAsync, "KeyId", "PendingWindowInDays"),
    };

    private JsonObject Encrypt(AwsRequest request)
    {
        var key = Usable(request, "KeyId", "ENCRYPT_DECRYPT");
        var algorithm = request.Choice("EncryptionAlgorithm", KmsKey.Symmetric);
        var blob = key.Seal(Limited(request, "Plaintext", MostPlaintext), request.Map("EncryptionContext"));
        return new() { ["KeyId"] = key.Arn, ["CiphertextBlob"] = Convert.ToBase64String(blob), ["EncryptionAlgorithm"] = algorithm };
    }

    private JsonObject Decrypt(AwsRequest request)
    {
        var algorithm = request.Choice("EncryptionAlgorithm", KmsKey.Symmetric);
        var (key, plaintext) = Open(request, "KeyId", "EncryptionContext");
        return new() { ["KeyId"] = key.Arn, ["Plaintext"] = Convert.ToBase64String(plaintext), ["EncryptionAlgorithm"] = algorithm };
    }

    private JsonObject ReEncrypt(AwsRequest request)
    {
        var destination = Usable(request, "DestinationKeyId", "ENCRYPT_DECRYPT");
        var (source, plaintext) = Open(request, "SourceKeyId", "SourceEncryptionContext");
        return new()
        {
            ["KeyId"] = destination.Arn,
            ["SourceKeyId"] = source.Arn,
            ["CiphertextBlob"] = Convert.ToBase64String(destination.Seal(plaintext, request.Map("DestinationEncryptionContext"))),
            ["SourceEncryptionAlgorithm"] = KmsKey.Symmetric,
            ["DestinationEncryptionAlgorithm"] = KmsKey.Symmetric,
        };
    }

    private JsonObject DataKey(AwsRequest request, bool withPlaintext)
    {
        var key = Usable(request, "KeyId", "ENCRYPT_DECRYPT");
        if (request.Has("KeySpec") == request.Has("NumberOfBytes")) throw request.Invalid("Please specify either number of bytes or key spec.");
        var length = request.NumberOrNull("NumberOfBytes", 1, 1024) ?? (request.Choice("KeySpec", "AES_256", "AES_128") == "AES_128" ? 16 : 32);
        var plaintext = RandomNumberGenerator.GetBytes(length);
        var answer = new JsonObject { ["KeyId"] = key.Arn, ["CiphertextBlob"] = Convert.ToBase64String(key.Seal(plaintext, request.Map("EncryptionContext"))) };
        if (withPlaintext) answer["Plaintext"] = Convert.ToBase64String(plaintext);
        return answer;
    }

    private JsonObject GenerateMac(AwsRequest request)
    {
        var key = Usable(request, "KeyId", "GENERATE_VERIFY_MAC");
        var algorithm = Algorithm(request, "MacAlgorithm", key);
        return new() { ["KeyId"] = key.Arn, ["Mac"] = Convert.ToBase64String(key.Mac(Limited(request, "Message", MostPlaintext))), ["MacAlgorithm"] = algorithm };
    }

    private JsonObject VerifyMac(AwsRequest request)
    {
        var key = Usable(request, "KeyId", "GENERATE_VERIFY_MAC");
        var algorithm = Algorithm(request, "MacAlgorithm", key);
        if (!CryptographicOperations.FixedTimeEquals(key.Mac(Limited(request, "Message", MostPlaintext)), request.Bytes("Mac")))
            throw new AwsException("KMSInvalidMacException", "The HMAC is not the one this key computes for the message.");
        return new() { ["KeyId"] = key.Arn, ["MacValid"] = true, ["MacAlgorithm"] = algorithm };
    }

    private JsonObject Sign(AwsRequest request)
    {
        var key = Usable(request, "KeyId", "SIGN_VERIFY");
        var algorithm = Algorithm(request, "SigningAlgorithm", key);
        var signature = key.Sign(Digest(request, algorithm), algorithm);
        return new() { ["KeyId"] = key.Arn, ["Signature"] = Convert.ToBase64String(signature), ["SigningAlgorithm"] = algorithm };
    }

    private JsonObject Verify(AwsRequest request)
    {
        var key = Usable(request, "KeyId", "SIGN_VERIFY");
        var algorithm = Algorithm(request, "SigningAlgorithm", key);
        if (!key.Verify(Digest(request, algorithm), request.Bytes("Signature"), algorithm))
            throw new AwsException("KMSInvalidSignatureException", "The signature is not one this key made for the message.");
        return new() { ["KeyId"] = key.Arn, ["SignatureValid"] = true, ["SigningAlgorithm"] = algorithm };
    }

    private JsonObject GetPublicKey(AwsRequest request)
    {
        var key = Named(request, "KeyId");
        if (key.Usage != "SIGN_VERIFY") throw new AwsException("UnsupportedOperationException", $"{key.Arn} is {key.Spec} and has no public key.");
        return new()
        {
            ["KeyId"] = key.Arn,
            ["PublicKey"] = Convert.ToBase64String(key.PublicKey()),
            ["KeySpec"] = key.Spec,
            ["CustomerMasterKeySpec"] = key.Spec,
            ["KeyUsage"] = key.Usage,
            ["SigningAlgorithms"] = Strings(key.Algorithms),
        };
    }

    private async Task<JsonObject> CreateKeyAsync(AwsRequest request, CancellationToken ct)
    {
        var spec = request.TextOrNull("KeySpec") ?? KmsKey.Symmetric;
        var usage = request.TextOrNull("KeyUsage") ?? "ENCRYPT_DECRYPT";
        if (usage != KmsKey.UsageOf(spec)) throw request.Invalid($"A key of spec {spec} has the usage {KmsKey.UsageOf(spec)} here, not {usage}.");
        var key = await CreateAsync(spec, request.TextOrNull("Description") ?? "", ct);
        return new() { ["KeyMetadata"] = Metadata(key) };
    }

    private async Task<JsonObject> CreateAliasAsync(AwsRequest request, CancellationToken ct)
    {
        var alias = request.Text("AliasName");
        if (!alias.StartsWith("alias/", StringComparison.Ordinal)) throw request.Invalid("An alias begins with alias/.");
        if (_ring.Find(alias) is not null) throw new AwsException("AlreadyExistsException", $"{alias} exists already.");
        await _ring.NameAsync(alias, Named(request, "TargetKeyId"), ct);
        return [];
    }

    private async Task<JsonObject> ScheduleKeyDeletionAsync(AwsRequest request, CancellationToken ct)
    {
        var days = request.NumberOrNull("PendingWindowInDays", 7, 30) ?? 30;
        var key = Named(request, "KeyId") with { DeletionAt = _options.Clock.GetUtcNow().AddDays(days) };
        await _ring.PutAsync(key, ct);
        return new() { ["KeyId"] = key.Arn, ["DeletionDate"] = Epoch(key.DeletionAt.Value), ["KeyState"] = "PendingDeletion", ["PendingWindowInDays"] = days };
    }

    private async Task<KmsKey> CreateAsync(string spec, string description, CancellationToken ct)
    {
        var material = KmsKey.NewMaterial(spec) ?? throw new AwsException("ValidationException", $"The local kms does not make keys of spec {spec}.");
        var id = Guid.CreateVersion7(_options.Clock.GetUtcNow()).ToString();
        var key = new KmsKey(id, _options.Account.Arn("kms", $"key/{id}"), spec, material, _options.Clock.GetUtcNow(), description);
        await _ring.PutAsync(key, ct);
        return key;
    }

    private (KmsKey Key, byte[] Plaintext) Open(AwsRequest request, string keyParameter, string contextParameter)
    {
        var blob = request.Bytes("CiphertextBlob");
        var invalid = new AwsException("InvalidCiphertextException", "The ciphertext was altered, or belongs to another key or encryption context.");
        var key = KmsKey.ArnOf(blob) is { } arn ? _ring.Find(arn) ?? throw invalid : throw invalid;
        if (request.Has(keyParameter) && Named(request, keyParameter).Id != key.Id)
            throw new AwsException("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.");
        if (key.DeletionAt is not null) throw PendingDeletion(key);
        return (key, key.Open(blob, request.Map(contextParameter)) ?? throw invalid);
    }

    private KmsKey Named(AwsRequest request, string parameter)
    {
        var name = request.Text(parameter);
        return _ring.Find(name) ?? throw new AwsException("NotFoundException", $"{(name.Contains("alias/", StringComparison.Ordinal) ? "Alias" : "Key")} {name} is not found.");
    }

    private KmsKey Usable(AwsRequest request, string parameter, string usage)
    {
        var key = Named(request, parameter);
        if (key.DeletionAt is not null) throw PendingDeletion(key);
        return key.Usage == usage ? key : throw new AwsException("InvalidKeyUsageException", $"{key.Arn} has the usage {key.Usage}, which is not valid for this operation.");
    }

    private static string Algorithm(AwsRequest request, string parameter, KmsKey key)
    {
        var algorithm = request.Text(parameter);
        return key.Algorithms.Contains(algorithm, StringComparer.Ordinal) ? algorithm : throw new AwsException("InvalidKeyUsageException", $"Algorithm {algorithm} and key spec {key.Spec} do not fit.");
    }

    private static byte[] Digest(AwsRequest request, string algorithm)
    {
        var name = KmsKey.DigestOf(algorithm);
        if (request.Choice("MessageType", "RAW", "DIGEST") == "RAW") return CryptographicOperations.HashData(name, Limited(request, "Message", MostPlaintext));
        var digest = request.Bytes("Message");
        return digest.Length * 8 == int.Parse(name.Name!.AsSpan(3)) ? digest : throw request.Invalid($"A digest for {algorithm} has {name.Name![3..]} bits.");
    }

    private static byte[] Limited(AwsRequest request, string parameter, int most)
    {
        var bytes = request.Bytes(parameter);
        return bytes.Length >= 1 && bytes.Length <= most ? bytes : throw request.Invalid($"{parameter} must be 1 to {most} bytes long.");
    }

    private JsonObject Metadata(KmsKey key)
    {
        var metadata = new JsonObject
        {
            ["AWSAccountId"] = _options.Account.Id,
            ["KeyId"] = key.Id,
            ["Arn"] = key.Arn,
            ["CreationDate"] = Epoch(key.CreatedAt),
            ["Enabled"] = key.DeletionAt is null,
            ["Description"] = key.Description,
            ["KeyUsage"] = key.Usage,
            ["KeyState"] = key.DeletionAt is null ? "Enabled" : "PendingDeletion",
            ["Origin"] = "AWS_KMS",
            ["KeyManager"] = "CUSTOMER",
            ["KeySpec"] = key.Spec,
            ["CustomerMasterKeySpec"] = key.Spec,
            ["MultiRegion"] = false,
            [key.Usage switch { "ENCRYPT_DECRYPT" => "EncryptionAlgorithms", "SIGN_VERIFY" => "SigningAlgorithms", _ => "MacAlgorithms" }] = Strings(key.Algorithms),
        };
        if (key.DeletionAt is { } at) metadata["DeletionDate"] = Epoch(at);
        return metadata;
    }

    private static AwsException PendingDeletion(KmsKey key) => new("KMSInvalidStateException", $"{key.Arn} is pending deletion.");

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => (JsonNode)value)]);

    private static double Epoch(DateTimeOffset at) => at.ToUnixTimeMilliseconds() / 1000.0;
}
