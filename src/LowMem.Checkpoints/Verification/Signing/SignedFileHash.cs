using System.Buffers;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Verification.Signing.Hashing;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>Hashes files as signatures do: whole, or in ranges of one length.</summary>
internal static class SignedFileHash
{
    private const int BlockLength = 1 << 20;

    /// <summary>The resources of one file, in the order of its bytes; none for an empty file in ranges.</summary>
    /// <param name="file">The opened file.</param>
    /// <param name="name">The path in the signature.</param>
    /// <param name="type">The hash.</param>
    /// <param name="shardSize">The length of a range; null for the whole file.</param>
    /// <param name="done">Told the length of each block.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    public static List<SignedResource> Compute(
        RandomAccessSource file, string name, SignedHashType type, long? shardSize, Action<int> done, CancellationToken cancellationToken)
    {
        var resources = new List<SignedResource>();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BlockLength);
        try
        {
            using var hash = type.Create();
            long start = 0;
            do
            {
                long end = shardSize is { } size ? start + Math.Min(size, file.Length - start) : file.Length;
                for (long position = start; position < end;)
                {
                    int length = (int)Math.Min(BlockLength, end - position);
                    file.Read(position, buffer.AsSpan(0, length), "the file", cancellationToken);
                    hash.Append(buffer, length);
                    position += length;
                    done(length);
                }

                byte[] digest = hash.GetDigestAndReset();
                if (shardSize is null || end > start)
                {
                    resources.Add(new SignedResource(name, start, shardSize is null ? null : end, digest));
                }

                start = end;
            }
            while (start < file.Length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return resources;
    }
}
