using System.Runtime.InteropServices;

namespace LowMem.Checkpoints.Values;

/// <summary>Asks for large pages, since filling fresh memory spends most of its time in page faults, above all on virtual machines.</summary>
public static partial class HugePages
{
    /// <summary>The bytes of a large page.</summary>
    public const int PageSize = 2 << 20;

    /// <summary>MADV_HUGEPAGE.</summary>
    private const int AdviseHugePage = 14;

    /// <summary>
    /// Advises the kernel to back whole large pages inside a range at once. Never rounds outwards, so that no byte
    /// beyond the range is committed. Does nothing elsewhere than on Linux; advice that is refused is no error.
    /// </summary>
    /// <param name="address">Where the range starts.</param>
    /// <param name="length">Its length in bytes.</param>
    public static void Advise(nint address, long length)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        long start = (address + PageSize - 1) / PageSize * PageSize;
        long end = (address + length) / PageSize * PageSize;
        if (end > start)
        {
            _ = Advise((nint)start, (nuint)(end - start), AdviseHugePage);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
