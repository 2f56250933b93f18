using System.IO.Compression;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Verification;

/// <summary>Unfolds one compressed extent from its start to its end, block by block.</summary>
internal sealed class InflateWork(ScanExtent extent) : IScanWork
{
    public long ByteLength => extent.Length;

    public void Run(Span<byte> buffer, ScanContext context)
    {
        var file = context.Reader.GetFile(extent.Path);
        using var packed = new FileRangeStream(file, extent.Offset, extent.PackedLength!.Value, extent.What);
        using var content = new DeflateStream(packed, CompressionMode.Decompress);
        var checksum = new Checksum();
        try
        {
            for (long position = 0; position < extent.Length; position += buffer.Length)
            {
                var block = buffer[..(int)Math.Min(buffer.Length, extent.Length - position)];
                if (content.ReadAtLeast(block, block.Length, throwOnEndOfStream: false) < block.Length)
                {
                    extent.Problem = $"unfolds to less than the {extent.Length} bytes it claims";
                    return;
                }

                checksum.Append(block);
                extent.CountValues(position, block);

                context.BlockDone(block.Length);
            }

            if (content.ReadByte() >= 0)
            {
                extent.Problem = $"unfolds to more than the {extent.Length} bytes it claims";
            }
        }
        catch (InvalidDataException exception)
        {
            extent.Problem = $"does not unfold: {exception.Message}";
            return;
        }

        extent.SetChecksum(0, checksum.Value);
    }
}
