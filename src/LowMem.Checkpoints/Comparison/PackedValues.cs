using System.IO.Compression;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Comparison;

/// <summary>
/// The values of one tensor, read from the first to the last: packed, in row-major order and little-endian. A compressed storage
/// is unfolded as it is read.
/// </summary>
/// <param name="reader">Holds the file open.</param>
/// <param name="tensor">The tensor.</param>
/// <param name="isAlone">Whether no other tensor needs the storage.</param>
/// <param name="cancellationToken">Ends it early.</param>
internal sealed class PackedValues(TensorDataReader reader, TensorInfo tensor, bool isAlone, CancellationToken cancellationToken) : IDisposable
{
    /// <summary>The values that are put together at a time from what is in memory.</summary>
    private const int InMemoryLength = 4 << 20;

    private readonly TensorView view = new(tensor);
    private readonly bool isUnfolded = isAlone && IsUnfolded(tensor);
    private DeflateStream? inflater;
    private long position;

    /// <summary>Whether any part can be read as quickly as any other, without reading more than the part.</summary>
    public static bool IsDirect(TensorInfo tensor) => tensor.Chunks is { } chunks
        ? chunks.All(chunk => IsDirect(chunk.Source))
        : tensor.IsContiguous && tensor.Storage is null or { Offset: >= 0 } or { Content: not null };

    /// <summary>How many bytes are best asked for at a time.</summary>
    public int WindowLength =>
        IsDirect(tensor) || isUnfolded ? PairedPass.BlockLength
        : tensor is { Chunks: null, Storage.Offset: >= 0 } ? GatherJob.ChooseWindow(view).Length
        : InMemoryLength;

    /// <summary>Whether so much memory is needed that one at a time is enough.</summary>
    public bool IsLarge => WindowLength > InMemoryLength || (!isUnfolded && tensor.Storage?.Deflated is not null)
        || (tensor.Chunks?.Any(chunk => chunk.Source.Storage?.Deflated is not null) ?? false);

    /// <summary>Reads the next values.</summary>
    /// <param name="destination">Filled whole.</param>
    public void Read(Span<byte> destination)
    {
        if (isUnfolded)
        {
            Unfold(destination);
        }
        else
        {
            reader.Read(view, position, destination, cancellationToken);
        }

        position += destination.Length;
    }

    /// <inheritdoc/>
    public void Dispose() => inflater?.Dispose();

    private static bool IsUnfolded(TensorInfo tensor) => tensor is
    {
        Chunks: null, IsContiguous: true, IsConjugated: false, IsNegated: false,
        Storage: { Offset: < 0, Content: null, Deflated: not null, IsBigEndian: false },
    };

    private void Unfold(Span<byte> destination)
    {
        var (offset, length) = tensor.Storage!.Deflated!.Value;
        string what = $"the compressed storage of '{DisplayText.Name(tensor.Key)}'";
        try
        {
            if (inflater is null)
            {
                var file = reader.GetFile(tensor.Path).With(cancellationToken);
                inflater = new DeflateStream(new SourceStream(file, offset, length, what), CompressionMode.Decompress);
                Skip(tensor.StorageStart, what);
            }

            Require(inflater.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false) == destination.Length, what, "less");
            if (position + destination.Length == tensor.ByteLength)
            {
                Skip(tensor.Storage.ByteLength - tensor.StorageStart - tensor.ByteLength, what);
                Require(inflater.ReadByte() < 0, what, "more");
            }
        }
        catch (InvalidDataException exception)
        {
            throw Broken($"{what} does not unfold: {exception.Message}.", exception);
        }
    }

    private void Skip(long count, string what)
    {
        byte[] skipped = new byte[(int)Math.Min(count, 64 << 10)];
        while (count > 0)
        {
            int read = inflater!.Read(skipped, 0, (int)Math.Min(skipped.Length, count));
            Require(read > 0, what, "less");
            count -= read;
        }
    }

    private void Require(bool condition, string what, string than)
    {
        if (!condition)
        {
            throw Broken($"{what} unfolds to {than} than the {tensor.Storage!.ByteLength} bytes it claims.", null);
        }
    }

    private CheckpointException Broken(string message, Exception? cause) =>
        new(CheckpointErrorIds.FormatInvalid, tensor.Path, message, cause) { Record = tensor.Key, Offset = tensor.Storage!.Deflated!.Value.Offset };
}
