using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Formats.Foreign;

/// <summary>Formats that tell themselves by fixed bytes at a fixed place.</summary>
internal static class ForeignFormats
{
    private const string ForPyTorch = "Get the model's files for PyTorch: safetensors, .bin, .pt or .pth.";

    /// <summary>What to do about a file of another kind.</summary>
    public const string NotWeights = "It holds no weights: the name of another file was given, or something else was saved under this one.";

    private static readonly Format[] All =
    [
        // Compressed.
        Packed([0x1f, 0x8b, 8], "a gzip file", "gzip -d"),
        Packed([0x42, 0x5a, 0x68, null, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59], "a bzip2 file", "bzip2 -d"),
        Packed([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], "an xz file", "xz -d"),
        Packed([0x28, 0xb5, 0x2f, 0xfd], "a zstd file", "zstd -d"),
        Packed([0x04, 0x22, 0x4d, 0x18], "an lz4 file", "lz4 -d"),
        Packed([0x4c, 0x5a, 0x49, 0x50, 1], "an lzip file", "lzip -d"),
        Packed([0x5d, 0, 0, null, null, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "an lzma file", "xz -d --format=lzma"),
        Packed([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], "a 7z archive", "7z x"),
        Packed("Rar!\x1a\a"u8, "a rar archive", "unrar x"),

        // Models of others.
        new(0, Exactly("GGUF"u8), "a GGUF file, as llama.cpp uses it", ForPyTorch),
        new(0, Exactly("GGML"u8), "a GGML file, as llama.cpp used it", ForPyTorch),
        new(0, Exactly("lmgg"u8), "a GGML file, as llama.cpp and whisper.cpp use it", ForPyTorch),
        new(0, Exactly("fmgg"u8), "a GGML file, as llama.cpp used it", ForPyTorch),
        new(0, Exactly("tjgg"u8), "a GGML file, as llama.cpp used it", ForPyTorch),
        new(0, Exactly("algg"u8), "a GGML file, as llama.cpp used it", ForPyTorch),
        new(0, [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a], "an HDF5 file, as Keras and TensorFlow write it", ForPyTorch),
        new(4, Exactly("TFL3"u8), "a TensorFlow Lite model", ForPyTorch),
        new(0, [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], "a NumPy array (.npy)", "Save it with torch.save or as safetensors, under a name for the tensor."),
        // It writes its version over the 'PK' of the zip.
        new(0, [0x30, null, 3, 4], "a checkpoint of GPT-SoVITS, whose first two bytes were replaced by its version",
            "Write 'PK' over the first two bytes of a copy, and name that."),

        // Before joblib 0.10: 'ZF', a length in hexadecimal digits, and zlib.
        new(0, Exactly("ZF0x"u8), JoblibFile.Name, JoblibFile.Advice),
        new(0, Exactly("RKNN"u8), "a model for Rockchip NPUs (RKNN)", ForPyTorch),
        new(0, Exactly("ftrt"u8), "a TensorRT engine", ForPyTorch),
        new(0, Exactly("ptrt"u8), "a TensorRT engine", ForPyTorch),
        new(0, [4, 0, 0, 0, null, 0, 0, 0, 3, 0, 0, 0, 0x56, 0x20, 0x31], "a file of Lua Torch 7", "Convert it with a program that reads Torch 7."),
        new(0, [0x12, 1, 0, 0, 0, 0, 0, 0], "a parameter file of MXNet", ForPyTorch),
        new(0, [0x10, 0, 0, 0, 0x4f, 0x52, 0x54, 0x4d], "a model of ONNX Runtime (.ort)", ForPyTorch),
        new(4, Exactly("ORTM"u8), "a model of ONNX Runtime (.ort)", ForPyTorch),
        new(4, Exactly("ET12"u8), "a program of ExecuTorch (.pte)", "Get the weights that it was made from."),

        // Data.
        new(0, Exactly("PAR1"u8), "a Parquet file", NotWeights),
        new(0, Exactly("ARROW1"u8), "an Arrow file", NotWeights),
        new(0, Exactly("SQLite format 3\0"u8), "an SQLite database", NotWeights),
        new(0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], "a PNG image", NotWeights),
        new(0, [0xff, 0xd8, 0xff], "a JPEG image", NotWeights),
        new(0, Exactly("GIF8"u8), "a GIF image", NotWeights),
        new(8, Exactly("WEBP"u8), "a WebP image", NotWeights),
        new(0, Exactly("II*\0"u8), "a TIFF image", NotWeights),
        new(0, Exactly("%PDF-"u8), "a PDF document", NotWeights),
        new(8, Exactly("WAVE"u8), "a WAVE sound", NotWeights),
        new(0, Exactly("fLaC"u8), "a FLAC sound", NotWeights),
        new(0, Exactly("OggS"u8), "an Ogg file", NotWeights),
        new(4, Exactly("ftyp"u8), "an MP4 file", NotWeights),
        new(0, [0x7f, 0x45, 0x4c, 0x46], "a program or library (ELF)", NotWeights),
        new(0, [0x4d, 0x5a, 0x90, 0, 3, 0, 0, 0], "a program or library of Windows", NotWeights),
        new(0, [0xcf, 0xfa, 0xed, 0xfe], "a program or library of macOS", NotWeights),
        new(0, [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], "a document of older Microsoft Office", NotWeights),
        new(0, Exactly("Salted__"u8), "a file that OpenSSL has encrypted", "Decrypt it first."),
        new(0, Exactly("age-encryption.org/"u8), "a file that age has encrypted", "Decrypt it first."),
    ];

    /// <summary>The format of a file that starts so; null when it is none of these.</summary>
    public static ForeignFile? Find(ReadOnlySpan<byte> start)
    {
        foreach (var format in All)
        {
            if (format.Matches(start))
            {
                return new ForeignFile(format.Name, format.Advice) { HoldsWeights = format.Advice != NotWeights };
            }
        }

        return IsOnnx(start) ? new ForeignFile("an ONNX model", ForPyTorch) { HoldsWeights = true } : null;
    }

    /// <summary>
    /// A protocol buffer has no mark. Exporters write the version first (field 1) and their name (field 2), then the graph,
    /// or another field of <c>ModelProto</c>.
    /// </summary>
    private static bool IsOnnx(ReadOnlySpan<byte> start)
    {
        if (start is not [8, > 0 and < 32, 0x12, > 0 and < 64 and var length, ..] || start.Length < length + 5)
        {
            return false;
        }

        return !start.Slice(4, length).ContainsAnyExceptInRange((byte)' ', (byte)'~')
            && start[4 + length] is 0x1a or 0x22 or 0x28 or 0x32 or 0x3a or 0x42;
    }

    /// <summary>A compressed file of which nothing more is known.</summary>
    public static ForeignFile Packed(string name, string program) => new(name, AdviceToUnpack(program)) { HoldsWeights = true };

    private static string AdviceToUnpack(string program) => $"Unpack it first ({program}), and name what comes out.";

    private static Format Packed(byte?[] magic, string name, string program) => new(0, magic, name, AdviceToUnpack(program));

    private static Format Packed(ReadOnlySpan<byte> magic, string name, string program) => Packed(Exactly(magic), name, program);

    private static byte?[] Exactly(ReadOnlySpan<byte> bytes) => Array.ConvertAll(bytes.ToArray(), value => (byte?)value);

    /// <param name="Offset">Where the bytes are.</param>
    /// <param name="Magic">The bytes; null for any.</param>
    /// <param name="Name">What it is.</param>
    /// <param name="Advice">What to do.</param>
    private sealed record Format(int Offset, byte?[] Magic, string Name, string Advice)
    {
        public bool Matches(ReadOnlySpan<byte> start)
        {
            if (start.Length < Offset + Magic.Length)
            {
                return false;
            }

            for (int i = 0; i < Magic.Length; i++)
            {
                if (Magic[i] is { } value && value != start[Offset + i])
                {
                    return false;
                }
            }

            return true;
        }
    }
}

/// <summary>What a file is that is no checkpoint.</summary>
/// <param name="Name">What it is, such as <c>a GGUF file</c>.</param>
/// <param name="Advice">What to do, in whole sentences.</param>
internal sealed record ForeignFile(string Name, string Advice)
{
    /// <summary>Whether it holds, or may hold, weights in a form that is not read here.</summary>
    public bool HoldsWeights { get; init; }

    public CheckpointException ToException(string path) => new(
        CheckpointErrorIds.FormatInvalid, path, $"this is {Name}, and no checkpoint of a known format. {Advice}")
    {
        Offset = 0,
    };
}
