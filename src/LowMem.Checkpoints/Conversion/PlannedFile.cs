using LowMem.Checkpoints.Formats.Writing;

namespace LowMem.Checkpoints.Conversion;

/// <summary>Values as they come into a file.</summary>
/// <param name="Source">What is read.</param>
/// <param name="Type">The type they are cast to, if that is another.</param>
/// <param name="Numbers">Where the numbers come from when they are not the elements of the source; else null.</param>
internal sealed record PlannedBlob(TensorInfo Source, DType Type, ITensorNumbers? Numbers)
{
    public long ElementCount => Numbers is null ? Source.ElementCount : StridedLayout.CountElements(Numbers.Shape);

    public long ByteLength => Type.GetByteLength(ElementCount);
}

/// <summary>A file that a conversion writes.</summary>
public sealed class PlannedFile
{
    internal PlannedFile(string name, int tensorCount, IFileLayout layout, IReadOnlyList<PlannedBlob> blobs)
    {
        Name = name;
        TensorCount = tensorCount;
        Layout = layout;
        Blobs = blobs;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>How many tensors are in it; those with the values of another among them.</summary>
    public int TensorCount { get; }

    /// <summary>Its length.</summary>
    public long ByteLength => Layout.Length;

    /// <summary>Where everything comes.</summary>
    internal IFileLayout Layout { get; }

    /// <summary>The values, in the order of the layout's blobs.</summary>
    internal IReadOnlyList<PlannedBlob> Blobs { get; }
}
