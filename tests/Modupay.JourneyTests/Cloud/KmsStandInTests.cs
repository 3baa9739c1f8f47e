using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Amazon.Runtime;
using Modupay.Local.Cloud;

namespace Modupay.JourneyTests.Cloud;

/// <summary>The stand-in through AWS's own client.</summary>
public sealed class KmsStandInTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create();
    private KmsStandIn _kms = null!;
    private AmazonKeyManagementServiceClient _client = null!;

    public async Task InitializeAsync() => await RestartAsync();

    [Fact]
    public async Task A_data_key_is_opened_again_only_in_its_context()
    {
        var key = await _client.GenerateDataKeyAsync(new GenerateDataKeyRequest { KeyId = "alias/data", KeySpec = DataKeySpec.AES_256, EncryptionContext = Context("acme") });
        Assert.Equal(32, key.Plaintext.Length);
        Assert.Equal(_kms.KeyArn("alias/data"), key.KeyId);

        var opened = await _client.DecryptAsync(new DecryptRequest { CiphertextBlob = key.CiphertextBlob, EncryptionContext = Context("acme") });

        Assert.Equal(key.Plaintext.ToArray(), opened.Plaintext.ToArray());
        await Assert.ThrowsAsync<InvalidCiphertextException>(() => _client.DecryptAsync(new DecryptRequest { CiphertextBlob = Again(key.CiphertextBlob), EncryptionContext = Context("other") }));
        await Assert.ThrowsAsync<InvalidCiphertextException>(() => _client.DecryptAsync(new DecryptRequest { CiphertextBlob = Again(key.CiphertextBlob) }));
    }

    [Fact]
    public async Task A_ciphertext_is_opened_after_a_restart_and_the_file_is_private()
    {
        var sealedSecret = await _client.EncryptAsync(new EncryptRequest { KeyId = "alias/data", Plaintext = new MemoryStream("iban"u8.ToArray()) });

        await RestartAsync();

        var opened = await _client.DecryptAsync(new DecryptRequest { CiphertextBlob = sealedSecret.CiphertextBlob, KeyId = _kms.KeyArn("alias/data") });
        Assert.Equal("iban"u8.ToArray(), opened.Plaintext.ToArray());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder.Path, "keys.json")));
    }

    [Fact]
    public async Task A_ciphertext_that_was_altered_anywhere_is_refused()
    {
        var blob = (await _client.EncryptAsync(new EncryptRequest { KeyId = "alias/data", Plaintext = new MemoryStream([1, 2, 3]) })).CiphertextBlob.ToArray();
        foreach (var at in new[] { 0, 1, 5, blob.Length - 20, blob.Length - 1 })
        {
            var altered = blob.ToArray();
            altered[at] ^= 1;
            await Assert.ThrowsAsync<InvalidCiphertextException>(() => _client.DecryptAsync(new DecryptRequest { CiphertextBlob = new MemoryStream(altered) }));
        }

        await Assert.ThrowsAsync<InvalidCiphertextException>(() => _client.DecryptAsync(new DecryptRequest { CiphertextBlob = new MemoryStream([9]) }));
    }

    [Fact]
    public async Task A_ciphertext_moves_to_another_key_without_being_seen()
    {
        var other = (await _client.CreateKeyAsync(new CreateKeyRequest { Description = "next" })).KeyMetadata.Arn;
        var first = await _client.EncryptAsync(new EncryptRequest { KeyId = "alias/data", Plaintext = new MemoryStream([7]), EncryptionContext = Context("acme") });

        var moved = await _client.ReEncryptAsync(new ReEncryptRequest
        {
            CiphertextBlob = first.CiphertextBlob,
            SourceEncryptionContext = Context("acme"),
            DestinationKeyId = other,
            DestinationEncryptionContext = Context("globex"),
        });

        Assert.Equal((_kms.KeyArn("alias/data"), other), (moved.SourceKeyId, moved.KeyId));
        await Assert.ThrowsAsync<IncorrectKeyException>(() => _client.DecryptAsync(new DecryptRequest { CiphertextBlob = Again(moved.CiphertextBlob), KeyId = "alias/data", EncryptionContext = Context("globex") }));
        var opened = await _client.DecryptAsync(new DecryptRequest { CiphertextBlob = Again(moved.CiphertextBlob), EncryptionContext = Context("globex") });
        Assert.Equal([7], opened.Plaintext.ToArray());
    }

    [Fact]
    public async Task A_mac_is_the_same_each_time_and_another_message_has_another()
    {
        var message = new MemoryStream("DE89370400440532013000"u8.ToArray());
        var first = await MacAsync(message);
        var second = await MacAsync(Again(message));
        Assert.Equal(first.ToArray(), second.ToArray());
        Assert.Equal(32, first.Length);

        var verified = await _client.VerifyMacAsync(new VerifyMacRequest { KeyId = "alias/lookup", Message = Again(message), Mac = Again(first), MacAlgorithm = MacAlgorithmSpec.HMAC_SHA_256 });
        Assert.True(verified.MacValid);
        await Assert.ThrowsAsync<KMSInvalidMacException>(() => _client.VerifyMacAsync(new VerifyMacRequest
        {
            KeyId = "alias/lookup",
            Message = new MemoryStream("another"u8.ToArray()),
            Mac = Again(first),
            MacAlgorithm = MacAlgorithmSpec.HMAC_SHA_256,
        }));
    }

    [Theory]
    [InlineData("alias/rsa", "RSASSA_PKCS1_V1_5_SHA_256")]
    [InlineData("alias/rsa", "RSASSA_PSS_SHA_256")]
    [InlineData("alias/rsa", "RSASSA_PKCS1_V1_5_SHA_512")]
    [InlineData("alias/ec", "ECDSA_SHA_256")]
    public async Task A_signature_verifies_with_the_public_key_alone(string alias, string algorithm)
    {
        var signature = (await _client.SignAsync(new SignRequest { KeyId = alias, Message = new MemoryStream("root"u8.ToArray()), SigningAlgorithm = algorithm })).Signature.ToArray();
        var publicKey = (await _client.GetPublicKeyAsync(new GetPublicKeyRequest { KeyId = alias })).PublicKey.ToArray();

        Assert.True(VerifiesOffline(publicKey, "root"u8.ToArray(), signature, algorithm));
        Assert.False(VerifiesOffline(publicKey, "toor"u8.ToArray(), signature, algorithm));
        // A digest is signed like the message it was made of, and KMS itself verifies it.
        var digest = algorithm.EndsWith("512", StringComparison.Ordinal) ? SHA512.HashData("root"u8) : SHA256.HashData("root"u8);
        var verified = await _client.VerifyAsync(new VerifyRequest { KeyId = alias, Message = new MemoryStream(digest), MessageType = MessageType.DIGEST, Signature = new MemoryStream(signature), SigningAlgorithm = algorithm });
        Assert.True(verified.SignatureValid);
        await Assert.ThrowsAsync<KMSInvalidSignatureException>(() => _client.VerifyAsync(new VerifyRequest
        {
            KeyId = alias,
            Message = new MemoryStream("toor"u8.ToArray()),
            Signature = new MemoryStream(signature),
            SigningAlgorithm = algorithm,
        }));
    }

    [Fact]
    public async Task A_key_is_found_by_id_arn_alias_and_alias_arn_and_described()
    {
        var arn = _kms.KeyArn("alias/rsa");
        foreach (var name in new[] { "alias/rsa", arn, arn.Split('/')[1], arn.Replace($"key/{arn.Split('/')[1]}", "alias/rsa", StringComparison.Ordinal) })
        {
            var key = (await _client.DescribeKeyAsync(name)).KeyMetadata;
            Assert.Equal((arn, KeySpec.RSA_2048, KeyUsageType.SIGN_VERIFY, KeyState.Enabled), (key.Arn, key.KeySpec, key.KeyUsage, key.KeyState));
            Assert.Contains("RSASSA_PSS_SHA_256", key.SigningAlgorithms);
        }

        await Assert.ThrowsAsync<NotFoundException>(() => _client.DescribeKeyAsync("alias/unknown"));
        await Assert.ThrowsAsync<NotFoundException>(() => _client.DescribeKeyAsync(arn.Replace("eu-central-1", "us-east-1", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_key_serves_only_the_usage_it_was_made_for()
    {
        await Assert.ThrowsAsync<InvalidKeyUsageException>(() => _client.EncryptAsync(new EncryptRequest { KeyId = "alias/lookup", Plaintext = new MemoryStream([1]) }));
        await Assert.ThrowsAsync<InvalidKeyUsageException>(() => _client.SignAsync(new SignRequest { KeyId = "alias/ec", Message = new MemoryStream([1]), SigningAlgorithm = SigningAlgorithmSpec.RSASSA_PSS_SHA_256 }));
        await Assert.ThrowsAsync<UnsupportedOperationException>(() => _client.GetPublicKeyAsync(new GetPublicKeyRequest { KeyId = "alias/data" }));
    }

    [Fact]
    public async Task A_key_that_is_scheduled_for_deletion_refuses_to_work()
    {
        var key = (await _client.CreateKeyAsync(new CreateKeyRequest())).KeyMetadata;
        var sealedSecret = await _client.EncryptAsync(new EncryptRequest { KeyId = key.KeyId, Plaintext = new MemoryStream([1]) });

        await _client.ScheduleKeyDeletionAsync(new ScheduleKeyDeletionRequest { KeyId = key.KeyId, PendingWindowInDays = 7 });

        await Assert.ThrowsAsync<KMSInvalidStateException>(() => _client.DecryptAsync(new DecryptRequest { CiphertextBlob = sealedSecret.CiphertextBlob }));
        Assert.Equal(KeyState.PendingDeletion, (await _client.DescribeKeyAsync(key.KeyId)).KeyMetadata.KeyState);
    }

    [Fact]
    public async Task What_is_not_emulated_is_refused_rather_than_ignored()
    {
        using var raw = new AwsJsonCaller(_kms.Url, "TrentService", "1.1");

        Assert.Equal("UnknownOperationException", await raw.RefusedAsync("EnableKeyRotation", []));
        Assert.Equal("ValidationException", await raw.RefusedAsync("Encrypt", new JsonObject { ["KeyId"] = "alias/data", ["Plaintext"] = "AQ==", ["DryRun"] = true }));
        Assert.Equal("ValidationException", await raw.RefusedAsync("Encrypt", new JsonObject { ["KeyId"] = "alias/data" }));
        Assert.Equal("ValidationException", await raw.RefusedAsync("Encrypt", new JsonObject { ["KeyId"] = "alias/data", ["Plaintext"] = Convert.ToBase64String(new byte[4097]) }));
        Assert.Equal("ValidationException", await raw.RefusedAsync("GenerateDataKey", new JsonObject { ["KeyId"] = "alias/data" }));
        Assert.Equal("ValidationException", await raw.RefusedAsync("CreateKey", new JsonObject { ["KeySpec"] = "RSA_2048" }));
    }

    [Fact]
    public async Task A_key_that_changed_its_kind_is_not_replaced_silently()
    {
        var refused = await Assert.ThrowsAsync<CannotStartException>(() =>
            KmsStandIn.StartAsync(new KmsOptions(_folder.Path) { Keys = new Dictionary<string, string> { ["alias/data"] = "HMAC_256" } }, CancellationToken.None));

        Assert.Contains("alias/data is SYMMETRIC_DEFAULT but should be HMAC_256", refused.Message, StringComparison.Ordinal);
    }

    public async Task DisposeAsync() => await _kms.DisposeAsync();

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    private async Task RestartAsync()
    {
        if (_kms is not null) await _kms.DisposeAsync();
        _kms = await KmsStandIn.StartAsync(new KmsOptions(_folder.Path)
        {
            Keys = new Dictionary<string, string> { ["alias/data"] = "SYMMETRIC_DEFAULT", ["alias/lookup"] = "HMAC_256", ["alias/rsa"] = "RSA_2048", ["alias/ec"] = "ECC_NIST_P256" },
        }, CancellationToken.None);
        _client = new(new BasicAWSCredentials("local", "local"), new AmazonKeyManagementServiceConfig { ServiceURL = _kms.Url, AuthenticationRegion = "eu-central-1", MaxErrorRetry = 0 });
    }

    private async Task<MemoryStream> MacAsync(MemoryStream message) =>
        (await _client.GenerateMacAsync(new GenerateMacRequest { KeyId = "alias/lookup", Message = message, MacAlgorithm = MacAlgorithmSpec.HMAC_SHA_256 })).Mac;

    private static bool VerifiesOffline(byte[] publicKey, byte[] message, byte[] signature, string algorithm)
    {
        var digest = algorithm.EndsWith("512", StringComparison.Ordinal) ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256;
        if (algorithm.StartsWith("RSA", StringComparison.Ordinal))
        {
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(publicKey, out _);
            return rsa.VerifyData(message, signature, digest, algorithm.Contains("PSS", StringComparison.Ordinal) ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
        }

        using var ec = ECDsa.Create();
        ec.ImportSubjectPublicKeyInfo(publicKey, out _);
        return ec.VerifyData(message, signature, digest, DSASignatureFormat.Rfc3279DerSequence);
    }

    private static MemoryStream Again(MemoryStream stream) => new(stream.ToArray());

    private static Dictionary<string, string> Context(string tenant) => new(StringComparer.Ordinal) { ["tenant"] = tenant, ["purpose"] = "iban" };
}
