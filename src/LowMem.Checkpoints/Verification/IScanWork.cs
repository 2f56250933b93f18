namespace LowMem.Checkpoints.Verification;

/// <summary>A piece of reading that one thread does on its own.</summary>
internal interface IScanWork
{
    /// <summary>The bytes that it reads, for the progress.</summary>
    long ByteLength { get; }

    /// <param name="buffer">A block of memory that is this thread's while it works.</param>
    /// <param name="context">The open files, and who is told about progress.</param>
    void Run(Span<byte> buffer, ScanContext context);
}
