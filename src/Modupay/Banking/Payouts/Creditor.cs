using System.Text.Json;
using System.Text.Json.Serialization;
using Modupay.Tenancy;

namespace Modupay.Banking.Payouts;

/// <summary>Who is paid. Personal data: it is sealed in the payout's row and opened only to write the bank order.</summary>
internal sealed record Creditor(string Name, string Iban, string? Bic)
{
    private const string Field = "payout.creditor";

    public Task<byte[]> SealAsync(FieldCipher cipher, TenantId tenant, CancellationToken ct) =>
        cipher.SealAsync(tenant, Field, JsonSerializer.SerializeToUtf8Bytes(this, CreditorJson.Default.Creditor), ct);

    public static async Task<Creditor> OpenAsync(FieldCipher cipher, TenantId tenant, byte[] value, CancellationToken ct) =>
        JsonSerializer.Deserialize(await cipher.OpenAsync(tenant, Field, value, ct), CreditorJson.Default.Creditor)!;
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Creditor))]
internal sealed partial class CreditorJson : JsonSerializerContext;
