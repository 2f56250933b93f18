namespace LowMem.Loader.Memory;

/// <summary>A part of the address space, which is given back when it is disposed of.</summary>
internal abstract class MemoryRange : IDisposable
{
    /// <summary>Where the first byte is.</summary>
    public abstract nint Address { get; }

    /// <inheritdoc/>
    public abstract void Dispose();
}
