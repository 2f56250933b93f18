using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LowMem.Loader.Memory;

/// <summary>Memory of the C heap for one tensor: that of libtorch itself does not tell anybody when it is given back.</summary>
internal sealed class HeapMemory : TensorMemory
{
    private HeapMemory(HeapRange range, long length)
        : base(range, length, pressure: length)
    {
    }

    /// <summary>Makes a tensor whose values are not set yet.</summary>
    /// <param name="shape">The size of each dimension.</param>
    /// <param name="type">The type of the elements.</param>
    /// <param name="elementSize">The bytes of one element.</param>
    /// <exception cref="OutOfMemoryException">There is not so much memory.</exception>
    public static Tensor CreateTensor(long[] shape, ScalarType type, int elementSize)
    {
        if (shape.Contains(0))
        {
            return empty(shape, dtype: type, device: CPU).DetachFromDisposeScope();
        }

        var length = shape.Aggregate((long)elementSize, (product, size) => checked(product * size));
        using var memory = new HeapMemory(new HeapRange(length), length);
        return memory.CreateTensor(0, shape, type, elementSize).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public override string ToString() => "the memory of a tensor";

    private sealed unsafe class HeapRange : MemoryRange
    {
        // What libtorch's own allocator gives.
        private const nuint Alignment = 64;

        private void* address;

        public HeapRange(long length) => address = NativeMemory.AlignedAlloc(checked((nuint)length), Alignment);

        public override nint Address => (nint)address;

        public override void Dispose()
        {
            NativeMemory.AlignedFree(address);
            address = null;
        }
    }
}
