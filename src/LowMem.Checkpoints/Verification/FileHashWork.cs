using System.Security.Cryptography;

namespace LowMem.Checkpoints.Verification;

/// <summary>Computes the SHA-256 of a whole file.</summary>
internal sealed class FileHashWork(CheckpointFile file) : IScanWork
{
    public CheckpointFile File => file;

    public long ByteLength => file.Length;

    /// <summary>The result, in lower-case hexadecimal digits.</summary>
    public string? Sha256 { get; private set; }

    public void Run(Span<byte> buffer, ScanContext context)
    {
        var reader = context.Reader.GetFile(file.Path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long position = 0; position < file.Length; position += buffer.Length)
        {
            var block = buffer[..(int)Math.Min(buffer.Length, file.Length - position)];
            reader.ReadAt(position, block, "the file");
            hash.AppendData(block);
            context.BlockDone(block.Length);
        }

        Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
