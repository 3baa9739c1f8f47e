using System.Buffers.Binary;
using System.Globalization;
using Modupay.Tenancy;

namespace Modupay.Reconciliation;

/// <summary>
/// What the other side is compared by: a keyed hash of its IBAN and keyed hashes of the pieces of its name. Whoever reads the table learns neither,
/// and without the tenant's key nobody can try names.
/// </summary>
internal sealed record CounterpartyKeys(Guid? Account, int[] Name)
{
    public static readonly CounterpartyKeys None = new(null, []);

    /// <summary>As PostgreSQL writes an array.</summary>
    public static string Text(int[] name) => $"{{{string.Join(',', name.Select(piece => piece.ToString(CultureInfo.InvariantCulture)))}}}";
}

/// <summary>Makes the keys for one tenant. Names share most of their pieces, so each piece is hashed once.</summary>
internal sealed class CounterpartyKeyring(FieldCipher cipher, TenantId tenant)
{
    private const int MostRemembered = 100_000;
    private readonly Dictionary<string, int> _pieces = new(StringComparer.Ordinal);

    public async Task<CounterpartyKeys> OfAsync(string? name, string? iban, CancellationToken ct)
    {
        var account = iban is null ? (Guid?)null : new Guid((await cipher.LookUpHashAsync(tenant, iban, ct)).AsSpan(0, 16), bigEndian: true);
        if (string.IsNullOrWhiteSpace(name)) return new(account, []);
        var pieces = new SortedSet<int>();
        foreach (var piece in Names.Pieces(name)) pieces.Add(await HashAsync(piece, ct));
        return new(account, [.. pieces]);
    }

    private async Task<int> HashAsync(string piece, CancellationToken ct)
    {
        if (_pieces.TryGetValue(piece, out var known)) return known;
        if (_pieces.Count >= MostRemembered) _pieces.Clear();
        // The prefix keeps a piece of a name from ever being the hash of something else.
        return _pieces[piece] = BinaryPrimitives.ReadInt32BigEndian(await cipher.LookUpHashAsync(tenant, "name:" + piece, ct));
    }
}
