namespace LowMem.Loader.Estimates;

/// <summary>What one way to load would need.</summary>
/// <param name="PeakPrivateBytes">
/// The most private bytes that the process would have at a time, over what it has before; see
/// <see cref="Memory.ProcessMemory"/>.
/// </param>
/// <param name="Fits">Whether that is no more than what is available.</param>
public sealed record ModeEstimate(long PeakPrivateBytes, bool Fits)
{
    /// <summary>The bytes that would stay in the mapped file, as in <c>LoadReport</c>.</summary>
    internal long MappedBytes { get; init; }

    /// <summary>The bytes that would be copied into memory, as in <c>LoadReport</c>.</summary>
    internal long CopiedBytes { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{PeakPrivateBytes} bytes, {(Fits ? "fits" : "does not fit")}";
}
