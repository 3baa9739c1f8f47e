using System.Text.Json;
using System.Text.Json.Serialization;
using Modupay.Banking.Accounts;
using Modupay.Tenancy;

namespace Modupay.Banking.Payouts;

/// <summary>Who is paid. Personal data: it is sealed for him in the payout's row and opened only to write the bank order.</summary>
internal sealed record Creditor(string Name, string Iban, string? Bic)
{
    internal const string Field = "payout.creditor";

    public async Task<SealedCreditor> SealAsync(UnitOfWork unit, FieldCipher cipher, CancellationToken ct)
    {
        var person = await DataSubjects.OfAsync(unit, cipher, DataSubjects.Counterparty, Iban, ct);
        return new(person.Id, person.Seal(Field, JsonSerializer.SerializeToUtf8Bytes(this, CreditorJson.Default.Creditor)), BankAccounts.Mask(Iban));
    }

    public static async Task<Creditor> OpenAsync(FieldCipher cipher, TenantId tenant, byte[] value, CancellationToken ct) =>
        JsonSerializer.Deserialize(await cipher.OpenAsync(tenant, Field, value, ct), CreditorJson.Default.Creditor)!;
}

/// <summary>The creditor as a payout keeps him: whose data it is, the data, and as much of it as may be shown.</summary>
internal sealed record SealedCreditor(SubjectId Subject, byte[] Value, string Masked);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Creditor))]
internal sealed partial class CreditorJson : JsonSerializerContext;
