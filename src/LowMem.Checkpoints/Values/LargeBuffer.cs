using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LowMem.Checkpoints.Values;

/// <summary>
/// Many megabytes that are needed for a short time. On Linux they are asked for in large pages: on a virtual machine, touching
/// fresh memory page by page can cost several times what is done with it.
/// </summary>
internal sealed class LargeBuffer : MemoryManager<byte>
{
    private readonly Pages pages;
    private readonly int length;

    /// <param name="length">The number of bytes; their content is whatever was there.</param>
    public LargeBuffer(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        this.length = length;
        pages = new Pages(length);
        HugePages.Advise(pages.DangerousGetHandle(), length);
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

    /// <summary>Frees what a failed pass leaves behind.</summary>
    private sealed unsafe class Pages : SafeHandleZeroOrMinusOneIsInvalid
    {
        public Pages(int length)
            : base(ownsHandle: true) => SetHandle((nint)NativeMemory.AlignedAlloc((nuint)length, HugePages.PageSize));

        protected override bool ReleaseHandle()
        {
            NativeMemory.AlignedFree((void*)handle);
            return true;
        }
    }
}
