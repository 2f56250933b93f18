using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LowMem.Loader.Memory;

/// <summary>
/// Memory that tensors lie in. It is given back when the creator has disposed of this object and the last tensor in it
/// is gone, whichever comes later; nothing waits for the garbage collector but tensors that nobody disposes of.
/// </summary>
internal abstract unsafe class TensorMemory : IDisposable
{
    private static readonly HashSet<TensorMemory> Live = [];

    // libtorch tells a deleter only the address a tensor lay at. Ranges do not overlap, so the address names the memory; several
    // tensors may begin at one.
    private static readonly Dictionary<nint, (TensorMemory Memory, int Count)> ByAddress = [];

    private readonly MemoryRange range;
    private int references = 1;
    private int disposed;
    private long pressure;

    /// <summary>Takes a range over, and owns it from then on.</summary>
    /// <param name="range">The range.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="pressure">How many bytes of it the garbage collector is to know of: those that belong to this process alone.</param>
    protected TensorMemory(MemoryRange range, long length, long pressure)
    {
        Length = length;
        this.pressure = pressure;
        MemoryPressure.Add(pressure);
        this.range = range;
        Start = range.Address;
        lock (Live)
        {
            Live.Add(this);
        }
    }

    /// <summary>Its length in bytes.</summary>
    public long Length { get; }

    /// <summary>The address of its first byte.</summary>
    protected nint Start { get; }

    /// <summary>Whether elements of a size can be used at an offset: libtorch wants them aligned.</summary>
    public static bool IsAligned(long offset, int elementSize) => offset % elementSize == 0;

    /// <summary>How many there are now that a condition holds for.</summary>
    protected static int CountLive(Predicate<TensorMemory> condition)
    {
        lock (Live)
        {
            return Live.Count(memory => condition(memory));
        }
    }

    /// <summary>Makes a contiguous tensor over a part of the memory.</summary>
    /// <param name="offset">Where the part starts, in bytes; aligned to the element size.</param>
    /// <param name="shape">The size of each dimension; none is 0.</param>
    /// <param name="type">The type of the elements.</param>
    /// <param name="elementSize">The bytes of one element.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part is not inside the memory, or not aligned.</exception>
    public Tensor CreateTensor(long offset, ReadOnlySpan<long> shape, ScalarType type, int elementSize)
    {
        long elementCount = 1;
        foreach (var size in shape)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(size, 1, nameof(shape));
            elementCount *= size;
        }

        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfLessThan(elementSize, 1);
        if (!IsAligned(offset, elementSize) || offset > Length || elementCount > (Length - offset) / elementSize)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), offset, $"{elementCount} elements of {elementSize} bytes do not fit the {Length} bytes of {this} here.");
        }

        var address = checked((nint)(Start + offset));
        Interlocked.Increment(ref references);
        lock (Live)
        {
            ByAddress[address] = (this, ByAddress.GetValueOrDefault(address).Count + 1);
        }

        // Should libtorch refuse, the reference is kept for good: whether the deleter has run cannot be told, and memory
        // that stays is better than memory that goes while a tensor lies on it. Everything it refuses is ruled out above.
        return NativeTensors.Over(address, shape, type, &OnTensorFreed);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            Release();
        }
    }

    /// <summary>Called when a tensor is gone, with the address it lay at; must not throw.</summary>
    protected virtual void OnFreed(nint address)
    {
    }

    /// <summary>Says that a part of the memory is given back already; must not throw.</summary>
    /// <param name="byteCount">How many bytes of it.</param>
    protected void RemovePressure(long byteCount)
    {
        // Never more than there is, whatever a subclass says: the collector takes no less than none.
        long before;
        long after;
        do
        {
            before = Interlocked.Read(ref pressure);
            after = before - Math.Clamp(byteCount, 0, before);
        }
        while (Interlocked.CompareExchange(ref pressure, after, before) != before);
        MemoryPressure.Remove(before - after);
    }

    // An exception that leaves this method ends the process, so nothing here may throw.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnTensorFreed(nint address)
    {
        TensorMemory? memory = null;
        lock (Live)
        {
            if (ByAddress.TryGetValue(address, out var found))
            {
                memory = found.Memory;
                if (found.Count > 1)
                {
                    ByAddress[address] = (memory, found.Count - 1);
                }
                else
                {
                    ByAddress.Remove(address);
                }
            }
        }

        memory?.OnFreed(address);
        memory?.Release();
    }

    private void Release()
    {
        if (Interlocked.Decrement(ref references) != 0)
        {
            return;
        }

        // Out of the list before the addresses are free for others.
        lock (Live)
        {
            Live.Remove(this);
        }

        range.Dispose();
        RemovePressure(long.MaxValue);
    }
}
