namespace LowMem.Checkpoints.Values;

/// <summary>Where the values of a tensor are and how they lie there: tensors with the same have the same values.</summary>
internal sealed class TensorLayout : IEquatable<TensorLayout>
{
    private readonly (string Path, StorageExtent? Storage, long Start, string DType, bool Conjugated, bool Negated, object? Pieces) place;
    private readonly long[] shape;
    private readonly long[] stride;

    public TensorLayout(TensorInfo tensor)
    {
        place = (tensor.Path, tensor.Storage, tensor.StorageStart, tensor.DType, tensor.IsConjugated, tensor.IsNegated, tensor.Chunks);
        bool isRange = tensor is { IsContiguous: true, Chunks: null };

        // Of a range of the storage, only the length counts.
        shape = isRange ? [tensor.ElementCount] : tensor.Shape;
        stride = isRange ? [1] : tensor.Stride;
    }

    public bool Equals(TensorLayout? other) =>
        other is not null && place.Equals(other.place) && shape.AsSpan().SequenceEqual(other.shape) && stride.AsSpan().SequenceEqual(other.stride);

    public override bool Equals(object? obj) => Equals(obj as TensorLayout);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(place);
        foreach (long size in shape)
        {
            hash.Add(size);
        }

        return hash.ToHashCode();
    }
}
