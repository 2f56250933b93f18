using System.Security.Cryptography;

namespace LowMem.Checkpoints.Verification;

/// <summary>Computes the SHA-256 of the values of a tensor: packed, row-major, little-endian.</summary>
internal sealed class TensorHashWork(TensorInfo tensor) : IScanWork
{
    public long ByteLength => tensor.ByteLength;

    /// <summary>The result, in lower-case hexadecimal digits.</summary>
    public string? Sha256 { get; private set; }

    public void Run(Span<byte> buffer, ScanContext context)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long position = 0; position < tensor.ByteLength; position += buffer.Length)
        {
            var block = buffer[..(int)Math.Min(buffer.Length, tensor.ByteLength - position)];
            context.Reader.Read(tensor, position, block, context.CancellationToken);
            hash.AppendData(block);
            context.BlockDone(block.Length);
        }

        Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
