namespace LowMem.Checkpoints.Containers.Zip;

/// <summary>Bytes of an archive that are the content of no record.</summary>
/// <param name="Bytes">The bytes.</param>
/// <param name="What">What they are, for a message.</param>
internal sealed record ZipSlackPiece(ReadOnlyMemory<byte> Bytes, string What);
