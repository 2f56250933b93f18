using static TorchSharp.torch;

namespace LowMem.Loader.Memory;

/// <summary>
/// The memory of all values of a resident load, one tensor behind the other, so that large pages hold all of them and
/// not only the middle of each. A tensor that goes gives the whole pages inside it back at once.
/// </summary>
internal sealed class ResidentMemory : TensorMemory
{
    // What libtorch's own allocator gives.
    private const int Alignment = 64;

    // By the address of the tensor; its deleter can run on any thread.
    private readonly Dictionary<nint, long> lengths = [];
    private readonly nint address;
    private long used;

    /// <summary>Takes the address space for tensors; memory comes when they are filled.</summary>
    /// <param name="length">The sum of <see cref="GetLength"/> of all tensors.</param>
    /// <exception cref="OutOfMemoryException">There is not so much memory.</exception>
    /// <exception cref="IOException">The operating system refused for another reason.</exception>
    public ResidentMemory(long length)
        : this(new LargePageMemory(length), length)
    {
    }

    private ResidentMemory(LargePageMemory memory, long length)
        : base(memory, length, pressure: length) => address = memory.Address;

    /// <summary>Whether this is of use: elsewhere than on Linux, large pages cannot be asked for.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux();

    /// <summary>Whether an address is in the memory of a load now.</summary>
    public static bool Contains(nint address) =>
        CountLive(memory => memory is ResidentMemory resident && address >= resident.address && address - resident.address < resident.Length) > 0;

    /// <summary>The bytes that a tensor takes here, so that the next one is aligned.</summary>
    public static long GetLength(long elementCount, int elementSize) =>
        checked(((elementCount * elementSize) + Alignment - 1) / Alignment * Alignment);

    /// <summary>Makes a tensor whose values are zeros until they are filled. Not for several threads.</summary>
    /// <param name="shape">The size of each dimension; none is 0.</param>
    /// <param name="type">The type of the elements.</param>
    /// <param name="elementSize">The bytes of one element.</param>
    /// <exception cref="ArgumentOutOfRangeException">More is asked for than was to be.</exception>
    public Tensor Allocate(long[] shape, ScalarType type, int elementSize)
    {
        var length = GetLength(shape.Aggregate(1L, (product, size) => checked(product * size)), elementSize);
        var offset = used;
        lock (lengths)
        {
            lengths[checked((nint)(address + offset))] = length;
        }

        var tensor = CreateTensor(offset, shape, type, elementSize);
        used = checked(used + length);
        return tensor;
    }

    /// <inheritdoc/>
    public override string ToString() => "the memory for the model";

    /// <inheritdoc/>
    protected override void OnFreed(nint address)
    {
        long length;
        lock (lengths)
        {
            lengths.Remove(address, out length);
        }

        LargePageMemory.Discard(address, length);
        RemovePressure(length);
    }
}
