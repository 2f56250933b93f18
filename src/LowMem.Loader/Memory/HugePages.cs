namespace LowMem.Loader.Memory;

/// <summary>Asks for large pages, since filling fresh memory spends most of its time in page faults.</summary>
internal static class HugePages
{
    /// <summary>The bytes of a large page.</summary>
    public const long PageSize = 2 << 20;

    private const int MadviseHugePage = 14;

    /// <summary>
    /// Advises the kernel to back whole large pages inside a range at once. Never rounds outwards, so that no byte
    /// beyond the range is committed. Does nothing elsewhere than on Linux; advice that is refused is no error.
    /// </summary>
    public static void Advise(nint address, long length)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var start = (address + PageSize - 1) / PageSize * PageSize;
        var end = (address + length) / PageSize * PageSize;
        if (end > start)
        {
            _ = PosixCalls.Advise((nint)start, (nuint)(end - start), MadviseHugePage);
        }
    }
}
