using LowMem.Checkpoints.Values;

namespace LowMem.Loader.Memory;

/// <summary>
/// Fresh memory of Linux that starts at a large page and asks for large pages. No page of it is taken before it is
/// written to.
/// </summary>
/// <remarks>
/// Not the C heap: a large block of it starts anywhere, so that up to 2 MiB at both of its ends come in small pages,
/// and 16 bytes behind the start of a page, where the kernel copies file pages at two thirds of the speed.
/// </remarks>
internal sealed class LargePageMemory : MemoryRange
{
    private const int LinuxAnonymous = 0x20;
    private const int DontNeed = 4;
    private readonly nuint reservedLength;
    private nint reserved;

    /// <summary>Takes address space.</summary>
    /// <param name="length">How many bytes; not 0.</param>
    /// <exception cref="OutOfMemoryException">There is not so much memory.</exception>
    /// <exception cref="IOException">The operating system refused for another reason.</exception>
    public LargePageMemory(long length)
    {
        // Where it starts is not ours to say: with one large page more, a large page starts inside.
        reservedLength = (nuint)checked(length + HugePages.PageSize);
        reserved = PosixCalls.Map(
            0, reservedLength, PosixCalls.ReadWrite, PosixCalls.Private | LinuxAnonymous, file: -1, offset: 0);
        if (reserved == PosixCalls.MapFailed)
        {
            reserved = 0;
            throw MemoryErrors.OfMap(length);
        }

        Address = (nint)((reserved + HugePages.PageSize - 1) / HugePages.PageSize * HugePages.PageSize);
        HugePages.Advise(Address, length);
    }

    /// <inheritdoc/>
    public override nint Address { get; }

    /// <summary>Gives the whole pages inside a part of the memory back, which then reads as zeros.</summary>
    /// <param name="address">Where the part starts.</param>
    /// <param name="length">Its length in bytes.</param>
    public static void Discard(nint address, long length)
    {
        var page = Environment.SystemPageSize;
        var start = (address + page - 1) / page * page;
        var end = (address + length) / page * page;
        if (end > start)
        {
            _ = PosixCalls.Advise((nint)start, (nuint)(end - start), DontNeed);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (reserved != 0)
        {
            _ = PosixCalls.Unmap(reserved, reservedLength);
            reserved = 0;
        }
    }
}
