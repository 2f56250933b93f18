using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LowMem.Checkpoints.Values;

/// <summary>
/// Many megabytes that are needed for a short time. On Linux they are asked for in large pages: on a virtual machine, touching
/// fresh memory page by page can cost several times what is done with it.
/// </summary>
internal sealed partial class LargeBuffer : MemoryManager<byte>
{
    private const int PageLength = 2 << 20;

    /// <summary>MADV_HUGEPAGE.</summary>
    private const int AdviseLargePages = 14;

    private readonly Pages pages;
    private readonly int length;

    /// <param name="length">The number of bytes; their content is whatever was there.</param>
    public LargeBuffer(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        this.length = length;
        pages = new Pages(length);
        int whole = length / PageLength * PageLength;
        if (OperatingSystem.IsLinux() && whole > 0)
        {
            // Advice: where it is not taken, the pages are small.
            _ = Advise(pages.DangerousGetHandle(), (nuint)whole, AdviseLargePages);
        }
    }

    public int Length => length;

    public override unsafe Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(pages.IsClosed, this);
        return new Span<byte>((void*)pages.DangerousGetHandle(), length);
    }

    public override unsafe MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)length, nameof(elementIndex));
        return new MemoryHandle((byte*)pages.DangerousGetHandle() + elementIndex, pinnable: this);
    }

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing) => pages.Dispose();

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);

    /// <summary>Frees what a failed pass leaves behind.</summary>
    private sealed unsafe class Pages : SafeHandleZeroOrMinusOneIsInvalid
    {
        public Pages(int length)
            : base(ownsHandle: true) => SetHandle((nint)NativeMemory.AlignedAlloc((nuint)length, PageLength));

        protected override bool ReleaseHandle()
        {
            NativeMemory.AlignedFree((void*)handle);
            return true;
        }
    }
}
