namespace LowMem.Loader.Memory.Limits;

/// <summary>How much memory a process can still have at most, and what keeps it from more.</summary>
/// <param name="Bytes">The bytes that can still be had.</param>
/// <param name="Cause">What the limit is, as a part of a sentence.</param>
/// <param name="IsAddressSpace">Whether it is the address space that is limited: then a mapped file counts as well.</param>
internal sealed record MemoryLimit(long Bytes, string Cause, bool IsAddressSpace = false)
{
    /// <summary>Nothing is known of any limit.</summary>
    public static readonly MemoryLimit None = new(long.MaxValue, "no limit is known");

    /// <summary>The error that there is not enough.</summary>
    /// <param name="what">What the memory was for.</param>
    /// <param name="wanted">How many bytes were wanted.</param>
    /// <param name="advice">What helps where memory, and not the address space, is short.</param>
    /// <param name="cause">The cause, or null.</param>
    /// <param name="orElse">What helps, beside raising the limit, where the address space is short; empty for nothing.</param>
    public ModelException CreateError(string what, long wanted, string advice, Exception? cause = null, string orElse = "")
    {
        var there = Bytes == long.MaxValue ? "the system does not give them" : $"{Bytes} bytes can be had ({Cause})";
        var help = IsAddressSpace
            ? $"Raise that limit (ulimit -v){(orElse.Length == 0 ? string.Empty : ", or ")}{orElse}."
            : advice;
        return new ModelException(
            ModelErrorIds.OutOfMemory, $"There is not enough memory for {what}: {wanted} bytes are wanted, and {there}. {help}", cause);
    }
}
