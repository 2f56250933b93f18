using System.IO.Compression;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Foreign;

/// <summary>
/// What <c>joblib.dump</c> writes, as scikit-learn's users do: a pickle in the middle of which the bytes of each array of
/// numpy stand as they are, so that it is none to whoever reads pickles; often compressed as a whole.
/// </summary>
internal static class JoblibFile
{
    public const string Name = "a joblib file";

    public const string Advice = "Load it with joblib, if you trust it: it runs what the file says. Then save the weights with torch.save or as safetensors.";

    private const int ProbeLength = 64 << 10;

    private static ReadOnlySpan<byte> Mark => "joblib.numpy_pickle"u8;

    /// <summary>Whether a global of a pickle marks such a file.</summary>
    /// <remarks><c>NumpyArrayWrapper</c>, before 0.10 <c>NDArrayWrapper</c>; scikit-learn had a copy of joblib.</remarks>
    public static bool IsMark(string global) =>
        global.Contains("joblib.numpy_pickle", StringComparison.Ordinal) && global.EndsWith("ArrayWrapper", StringComparison.Ordinal);

    public static ForeignFile Create(string? packing = null) =>
        new(packing is null ? Name : $"{Name} ({packing})", Advice) { HoldsWeights = true };

    /// <summary>Such a file in gzip or zlib, or another one in zlib, whose mark is one that texts may have; null when it is none.</summary>
    public static ForeignFile? FindPacked(RandomAccessSource file, ReadOnlySpan<byte> start)
    {
        switch (start)
        {
            case [0x1f, 0x8b, 8, ..]:
                return IsLikeOne(Unpack(file, packed => new GZipStream(packed, CompressionMode.Decompress))) ? Create("gzip") : null;
            case [0x78, 0x01 or 0x5e or 0x9c or 0xda, ..]:
                var content = Unpack(file, packed => new ZLibStream(packed, CompressionMode.Decompress));
                return IsLikeOne(content) ? Create("zlib")
                    : content.Length > 0 ? ForeignFormats.Packed("a zlib file", "pigz -d")
                    : null;
            default:
                return null;
        }
    }

    private static bool IsLikeOne(ReadOnlySpan<byte> content) => content.IndexOf(Mark) >= 0;

    private static ReadOnlySpan<byte> Unpack(RandomAccessSource file, Func<Stream, Stream> unpack)
    {
        byte[] content = new byte[ProbeLength];
        int length = 0;
        try
        {
            using var packed = new SourceStream(file, 0, file.Length, "the compressed file");
            using var unpacked = unpack(packed);
            for (int read = 1; read > 0; length += read)
            {
                read = unpacked.Read(content, length, content.Length - length);
            }
        }
        catch (InvalidDataException)
        {
            // What came before the fault tells as well.
        }

        return content.AsSpan(0, length);
    }
}
