using System.Buffers.Binary;

namespace Modupay.Local.Cloud;

/// <summary>The CRC-32 of zip and Ethernet, which AWS's clients send with every object. Eight bytes at a time, because objects are large.</summary>
internal struct Crc32()
{
    private static readonly uint[][] Tables = BuildTables();

    private uint _state = 0xFFFF_FFFF;

    /// <summary>Big-endian, as in <c>x-amz-checksum-crc32</c>.</summary>
    public readonly byte[] Value
    {
        get
        {
            var bytes = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, ~_state);
            return bytes;
        }
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        var crc = _state;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            var low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc;
            var high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = Tables[7][low & 0xFF] ^ Tables[6][(low >> 8) & 0xFF] ^ Tables[5][(low >> 16) & 0xFF] ^ Tables[4][low >> 24]
                ^ Tables[3][high & 0xFF] ^ Tables[2][(high >> 8) & 0xFF] ^ Tables[1][(high >> 16) & 0xFF] ^ Tables[0][high >> 24];
        }

        foreach (var value in bytes) crc = Tables[0][(crc ^ value) & 0xFF] ^ (crc >> 8);
        _state = crc;
    }

    private static uint[][] BuildTables()
    {
        var tables = new uint[8][];
        for (var table = 0; table < tables.Length; table++)
        {
            tables[table] = new uint[256];
            for (var index = 0u; index < 256; index++)
            {
                var crc = table == 0 ? index : tables[table - 1][index];
                for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1;
                tables[table][index] = crc;
            }
        }

        return tables;
    }
}
