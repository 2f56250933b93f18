namespace LowMem.Checkpoints.Formats.Distributed;

/// <summary>What the place of a piece is found by: <c>MetadataIndex</c>. Offsets are compared one by one.</summary>
/// <param name="Key">The fully qualified name.</param>
/// <param name="Offsets">Where the piece starts in its tensor; null for something that is no tensor.</param>
internal readonly record struct PlaceKey(string Key, long[]? Offsets)
{
    public bool Equals(PlaceKey other) =>
        string.Equals(Key, other.Key, StringComparison.Ordinal)
        && (Offsets is null
            ? other.Offsets is null
            : other.Offsets is not null && Offsets.AsSpan().SequenceEqual(other.Offsets));

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Key, StringComparer.Ordinal);
        foreach (long offset in Offsets ?? [])
        {
            hash.Add(offset);
        }

        return hash.ToHashCode();
    }
}
