using System.IO.Hashing;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Conversion;

/// <summary>Writes one file of a conversion, and compares it with what it was made of. Reads each byte once, in bounded memory.</summary>
/// <param name="reader">Reads the checkpoint.</param>
/// <param name="file">The file.</param>
/// <param name="path">Where it is made.</param>
/// <param name="shown">Where it is to be, for errors.</param>
internal sealed class ShardWriter(TensorDataReader reader, PlannedFile file, string path, string shown)
{
    private const int BlockLength = 1 << 20;

    /// <summary>Writes the file.</summary>
    /// <param name="progress">Told how many bytes have been read.</param>
    /// <param name="cancellationToken">Ends it within a few blocks.</param>
    /// <returns>The file, which is still to be flushed to the disk.</returns>
    public OutputFile Write(Action<long>? progress, CancellationToken cancellationToken)
    {
        var output = new OutputFile(path, shown, isNew: true);
        try
        {
            Fill(output, progress, cancellationToken);
            return output;
        }
        catch
        {
            output.Dispose();
            throw;
        }
    }

    /// <summary>Reads the file and the checkpoint once more, and compares.</summary>
    /// <param name="progress">Told how many bytes have been read.</param>
    /// <param name="cancellationToken">Ends it within a few blocks.</param>
    /// <exception cref="CheckpointException">The file is not what it should be.</exception>
    public void Verify(Action<long>? progress, CancellationToken cancellationToken)
    {
        using var output = new OutputFile(path, shown, isNew: false);
        if (output.Length != file.ByteLength)
        {
            throw NotVerified($"it has {output.Length} bytes, and not {file.ByteLength}");
        }

        foreach (var (offset, bytes) in file.Layout.GetFixedParts())
        {
            Compare(output, offset, bytes.Span);
        }

        var checksums = Run((offset, bytes) => Compare(output, offset, bytes), progress, cancellationToken);
        foreach (var (offset, bytes) in file.Layout.GetClosingParts(checksums))
        {
            Compare(output, offset, bytes.Span);
        }
    }

    /// <summary>The digest of a file that is complete: of all its bytes, in order.</summary>
    public static string GetDigest(string path, string shown, CancellationToken cancellationToken)
    {
        using var output = new OutputFile(path, shown, isNew: false);
        var hash = new XxHash128();
        byte[] block = GC.AllocateUninitializedArray<byte>(BlockLength);
        for (long position = 0; position < output.Length; position += block.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var bytes = block.AsSpan(0, (int)Math.Min(block.Length, output.Length - position));
            output.Read(position, bytes);
            hash.Append(bytes);
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    private void Fill(OutputFile output, Action<long>? progress, CancellationToken cancellationToken)
    {
        foreach (var (offset, bytes) in file.Layout.GetFixedParts())
        {
            output.Write(offset, bytes.Span);
        }

        var checksums = Run((offset, bytes) => output.Write(offset, bytes), progress, cancellationToken);
        foreach (var (offset, bytes) in file.Layout.GetClosingParts(checksums))
        {
            output.Write(offset, bytes.Span);
        }
    }

    /// <summary>Has every blob come to a sink, and computes the checksums of those that have one.</summary>
    private uint[] Run(BlobSink sink, Action<long>? progress, CancellationToken cancellationToken)
    {
        var plan = new BlockPlan(reader);
        var checksums = new ChecksumConsumer[file.Blobs.Count];
        foreach (var (number, blob) in file.Blobs.Index())
        {
            long start = file.Layout.GetOffset(number);
            if (file.Layout.HasChecksums)
            {
                var checksum = checksums[number] = new ChecksumConsumer(blob.ByteLength);
                BlobConsumers.Add(plan, blob, (position, bytes) =>
                {
                    sink(start + position, bytes);
                    checksum.Consume(position, bytes);
                });
            }
            else
            {
                BlobConsumers.Add(plan, blob, (position, bytes) => sink(start + position, bytes));
            }
        }

        BlockPass.Run(plan, progress is null ? null : (done, _) => progress(done), cancellationToken);
        return file.Layout.HasChecksums ? [.. checksums.Select(checksum => checksum.Value)] : [];
    }

    private void Compare(OutputFile output, long offset, ReadOnlySpan<byte> expected)
    {
        Span<byte> block = stackalloc byte[4096];
        byte[]? rented = expected.Length > block.Length ? System.Buffers.ArrayPool<byte>.Shared.Rent(expected.Length) : null;
        var actual = (rented ?? block)[..expected.Length];
        output.Read(offset, actual);
        int same = actual.CommonPrefixLength(expected);
        if (rented is not null)
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(rented);
        }

        if (same < expected.Length)
        {
            throw NotVerified($"byte {offset + same} is not what was written");
        }
    }

    private CheckpointException NotVerified(string what) => new(
        CheckpointErrorIds.ConversionNotVerified, shown, $"what was written does not read back: {what}. Nothing was replaced. Check the disk and the memory of this machine.");
}
