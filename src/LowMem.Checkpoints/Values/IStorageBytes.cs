namespace LowMem.Checkpoints.Values;

/// <summary>The bytes of one storage, wherever they are.</summary>
internal interface IStorageBytes
{
    /// <summary>All of them, when they are in memory; else null.</summary>
    ReadOnlyMemory<byte>? Content { get; }

    /// <summary>Fills the span from a place in the storage; the range has been checked against the storage.</summary>
    void Read(long offset, Span<byte> destination);
}
