namespace LowMem.Checkpoints.Formats.Writing;

/// <summary>A tensor as it comes into a file.</summary>
/// <param name="Key">Its key there.</param>
/// <param name="Type">Its element type there.</param>
/// <param name="Shape">The size of each dimension.</param>
/// <param name="Stride">The step of each dimension, in elements of the blob.</param>
/// <param name="Blob">The number of the blob that holds its values.</param>
/// <param name="Start">The first element, in elements of the blob.</param>
/// <param name="RequiresGrad">Whether it wants a gradient.</param>
internal sealed record WrittenTensor(string Key, DType Type, long[] Shape, long[] Stride, int Blob, long Start, bool RequiresGrad);

/// <summary>Values that come into a file as they are: of one tensor, or of several that share them.</summary>
/// <param name="Type">The type of the elements.</param>
/// <param name="ElementCount">How many there are.</param>
internal sealed record WrittenBlob(DType Type, long ElementCount)
{
    /// <summary>The bytes.</summary>
    public long ByteLength => Type.GetByteLength(ElementCount);
}
