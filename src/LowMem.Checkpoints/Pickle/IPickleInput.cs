namespace LowMem.Checkpoints.Pickle;

/// <summary>The bytes that a pickle is read from, in windows.</summary>
internal interface IPickleInput
{
    /// <summary>How many bytes there are; the pickle may end earlier.</summary>
    long Length { get; }

    /// <summary>A window that starts at a place and holds at least so many bytes, which are known to be there. It holds until the next.</summary>
    ArraySegment<byte> Read(long position, long atLeast);

    /// <summary>The same bytes for somebody who reads them at the same time.</summary>
    IPickleInput Share();
}
