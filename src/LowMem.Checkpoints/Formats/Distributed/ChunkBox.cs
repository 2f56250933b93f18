namespace LowMem.Checkpoints.Formats.Distributed;

/// <summary>The rectangle that a piece covers: <c>ChunkStorageMetadata</c>.</summary>
/// <param name="Offsets">Where it starts, for each dimension.</param>
/// <param name="Sizes">How far it goes, for each dimension.</param>
internal sealed record ChunkBox(long[] Offsets, long[] Sizes)
{
    public bool IsEmpty => Sizes.Contains(0);

    public bool Overlaps(ChunkBox other)
    {
        for (int i = 0; i < Sizes.Length; i++)
        {
            if (Offsets[i] + Sizes[i] <= other.Offsets[i] || other.Offsets[i] + other.Sizes[i] <= Offsets[i])
            {
                return false;
            }
        }

        return true;
    }

    public override string ToString() => $"[{string.Join(", ", Sizes)}] at [{string.Join(", ", Offsets)}]";
}
