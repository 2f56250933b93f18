using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Tests.Values;

/// <summary>A file of random bytes, tensors of any layout over it, and their values taken one by one.</summary>
internal sealed class StridedFile : IDisposable
{
    /// <summary>What comes before the storage, so that nothing is aligned.</summary>
    private const int StorageOffset = 13;

    private readonly string path = Path.Combine(Path.GetTempPath(), $"lowmem-{Guid.NewGuid():N}");
    private readonly byte[] content;

    public StridedFile(int seed, int length)
    {
        content = new byte[StorageOffset + length];
        new Random(seed).NextBytes(content);
        File.WriteAllBytes(path, content);
    }

    public TensorInfo GetTensor(string type, long[] shape, long[] stride, long start = 0, bool isInMemory = false)
    {
        long count = StridedLayout.CountElements(shape);
        var storage = isInMemory
            ? new StorageExtent(-1, content.Length - StorageOffset) { Content = content.AsMemory(StorageOffset) }
            : new StorageExtent(StorageOffset, content.Length - StorageOffset);
        return new TensorInfo
        {
            Key = "w",
            DType = type,
            Shape = shape,
            Stride = stride,
            ElementCount = count,
            ByteLength = DType.Get(type).GetByteLength(count),
            Offset = isInMemory ? -1 : StorageOffset + (start * DType.Get(type).ByteSize),
            IsContiguous = StridedLayout.IsContiguous(shape, stride),
            Path = path,
            Checkpoint = path,
            Format = CheckpointFormats.PyTorchZip,
            Storage = storage,
            StorageStart = start * DType.Get(type).ByteSize,
        };
    }

    /// <summary>The packed bytes of a part of a tensor, one element after the other.</summary>
    public byte[] GetExpected(TensorView view)
    {
        int size = DType.Get(view.Tensor.DType).ByteSize;
        var bytes = new byte[view.ByteLength];
        for (long i = 0; i < view.ElementCount; i++)
        {
            long rest = i;
            long place = view.Start;
            for (int d = view.Shape.Count - 1; d >= 0; d--)
            {
                place += rest % view.Shape[d] * view.Stride[d];
                rest /= view.Shape[d];
            }

            content.AsSpan((int)(StorageOffset + view.Tensor.StorageStart + (place * size)), size).CopyTo(bytes.AsSpan((int)(i * size)));
        }

        return bytes;
    }

    /// <summary>Reads a range of a view, and says how many bytes came from the file.</summary>
    public static byte[] Read(TensorView view, long offset, int length, out long bytesRead)
    {
        var meter = new ReadMeter();
        using var reader = new TensorDataReader(CheckpointLocation.Local.With(meter));
        var bytes = new byte[length];
        reader.Read(view, offset, bytes, TestContext.Current.CancellationToken);
        bytesRead = meter.Bytes;
        return bytes;
    }

    public void Dispose() => File.Delete(path);
}
