using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Verification;

/// <summary>Computes the CRC-32 of a range whose blocks come in any order.</summary>
/// <param name="length">The bytes of the range.</param>
internal sealed class ChecksumConsumer(long length) : IBlockConsumer
{
    private uint sum;

    public bool IsInOrder => false;

    /// <summary>The checksum, once all blocks have been there; that of no bytes is 0.</summary>
    public uint Value => Volatile.Read(ref sum);

    public void Consume(long position, ReadOnlySpan<byte> block)
    {
        var checksum = new Checksum();
        checksum.Append(block);

        // The checksum of the whole is the sum of those of its blocks, each moved by what comes behind it.
        uint moved = Crc32Arithmetic.Combine(checksum.Value, 0, length - position - block.Length);
        uint old;
        do
        {
            old = Volatile.Read(ref sum);
        }
        while (Interlocked.CompareExchange(ref sum, old ^ moved, old) != old);
    }

    public void Complete()
    {
    }
}
