namespace Modupay.Local.Cloud;

internal enum Durability
{
    /// <summary>For tests: nothing is flushed to the disk, so a power cut may lose anything.</summary>
    Throwaway,

    /// <summary>What was acknowledged survives a restart and a power cut, and benchmarks pay for it.</summary>
    Durable,
}
