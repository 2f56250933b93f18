namespace LowMem.Checkpoints;

/// <summary>
/// Which elements of which storage a tensor is. Tensors of equal identity are the same elements in the same order, so that
/// whoever reads, keeps or ties one of them need not do so with the other. Nothing is read for it.
/// </summary>
/// <remarks>
/// A file is known by its path, as it is listed: what is loaded under two names of one file are two tensors, in PyTorch as well. A
/// tensor without elements, or without a known storage, is the same as no other.
/// </remarks>
public sealed class TensorIdentity : IEquatable<TensorIdentity>
{
    private readonly TensorInfo tensor;
    private readonly long[] shape;
    private readonly long[] stride;
    private readonly bool isAlone;

    private TensorIdentity(TensorInfo tensor, bool isRange)
    {
        this.tensor = tensor;
        isAlone = tensor.ElementCount == 0 || (tensor.StorageKey is null && tensor.Chunks is null);
        shape = isRange ? [tensor.ElementCount] : tensor.Shape;
        stride = isRange ? [1] : tensor.Stride;
    }

    /// <summary>The identity as a tensor: views of one shape and layout are the same.</summary>
    /// <param name="tensor">The tensor.</param>
    public static TensorIdentity OfView(TensorInfo tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return new TensorIdentity(tensor, isRange: false);
    }

    /// <summary>The identity of the values in their order: of a range of the storage, only the length counts.</summary>
    /// <param name="tensor">The tensor.</param>
    public static TensorIdentity OfValues(TensorInfo tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return new TensorIdentity(tensor, tensor is { IsContiguous: true, Chunks: null });
    }

    /// <inheritdoc/>
    public bool Equals(TensorIdentity? other) =>
        other is not null
        && isAlone == other.isAlone
        && (isAlone ? tensor.Key == other.tensor.Key : HasStorageOf(other.tensor))
        && tensor.Path == other.tensor.Path
        && tensor.DType == other.tensor.DType
        && tensor.IsConjugated == other.tensor.IsConjugated
        && tensor.IsNegated == other.tensor.IsNegated
        && shape.AsSpan().SequenceEqual(other.shape)
        && HasStrideOf(other);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TensorIdentity);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(tensor.Path, StringComparer.Ordinal);
        hash.Add(isAlone ? tensor.Key : tensor.StorageKey, StringComparer.Ordinal);
        hash.Add(tensor.StorageStart);
        hash.Add(tensor.DType, StringComparer.Ordinal);
        foreach (long size in shape)
        {
            hash.Add(size);
        }

        return hash.ToHashCode();
    }

    // By its name and by its place: compressed storages have no place, and those that a file has twice share a name.
    private bool HasStorageOf(TensorInfo other) =>
        tensor.StorageKey == other.StorageKey
        && tensor.StorageStart == other.StorageStart
        && Equals(tensor.Storage, other.Storage)
        && ReferenceEquals(tensor.Chunks, other.Chunks);

    // No step is made along a dimension of one element.
    private bool HasStrideOf(TensorIdentity other)
    {
        if (stride.Length != other.stride.Length)
        {
            return false;
        }

        for (int i = 0; i < stride.Length; i++)
        {
            if (stride[i] != other.stride[i] && !(i < shape.Length && shape[i] == 1))
            {
                return false;
            }
        }

        return true;
    }
}
