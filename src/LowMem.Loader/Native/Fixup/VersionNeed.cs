namespace LowMem.Loader.Native.Fixup;

/// <summary>One Vernaux entry: a version of another library that the image was linked with.</summary>
/// <param name="FlagsOffset">Where <c>vna_flags</c> stands, in bytes from the start of the image.</param>
/// <param name="Flags">Its value.</param>
/// <param name="Index">The number that symbols carry in SHT_GNU_versym to name this version.</param>
internal sealed record VersionNeed(int FlagsOffset, ushort Flags, ushort Index)
{
    /// <summary>VER_FLG_WEAK: the dynamic linker tolerates the version's absence.</summary>
    public const ushort WeakFlag = 2;

    public bool IsWeak => (Flags & WeakFlag) != 0;
}
