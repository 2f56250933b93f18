using System.IO.Compression;
using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Formats.Foreign;

/// <summary>Files that people take for checkpoints and that are none: the error says what they are and what to do.</summary>
public sealed class ForeignContentTests : IDisposable
{
    private readonly CheckpointDirectory directory = new();

    public void Dispose() => directory.Dispose();

    public static TheoryData<string, string> Texts => new()
    {
        { "version https://git-lfs.github.com/spec/v1\noid sha256:0a\nsize 4932658528\n", "the Git LFS pointer of a file of 4932658528 bytes, and no checkpoint of a known format. Run 'git lfs pull'" },
        { "version https://git-lfs.github.com/spec/v1\r\noid sha256:0a\r\nsize 12\r\n", "the Git LFS pointer of a file of 12 bytes" },
        { "<!DOCTYPE html>\n<html><head><title>\n 404 \u001b[31mNot Found\n</title>", "an HTML page titled '404 ?[31mNot Found'" },
        { "\uFEFF  <!-- x --><HTML><body>", "an HTML page, and no checkpoint" },
        { "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>", "an XML error, 'AccessDenied: Access Denied'" },
        { "<?xml version=\"1.0\"?><net name=\"model\"/>", "an XML document" },
        { "{\"error\": \"Repository not found\\u202e\"}", "It is JSON of a server, \"error\": 'Repository not found?'" },
        { "{\"error\": {\"code\": 401, \"message\": \"Unauthorized\"}}", "It is JSON of a server, \"error\": 'Unauthorized'" },
        { "{\"architectures\": [\"Bert\"]}", "broken shard index: it has no object 'weight_map'." },
        { "[1, 2]", "this is JSON, and no checkpoint" },
        { "HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\n", "the answer of a web server, 'HTTP/1.1 404 Not Found'" },
        { "Invalid username or password.", "text, which begins 'Invalid username or password.'" },
        { "../../blobs/0123456789abcdef", "a link that was saved as text, to '../../blobs/0123456789abcdef'" },
        { "../.git/annex/objects/aa/bb/SHA256E-s1--00.pt", "a pointer of git-annex" },
    };

    public static TheoryData<string, string> Magics => new()
    {
        { "1f8b0800000000000003", "a gzip file, and no checkpoint of a known format. Unpack it first (gzip -d)" },
        { "425a6839314159265359", "a bzip2 file" },
        { "fd377a585a000004", "an xz file" },
        { "28b52ffd24000100", "a zstd file" },
        { "377abcaf271c0004", "a 7z archive" },
        { "526172211a070100", "a rar archive" },
        { "47475546030000000000000000000000", "a GGUF file, as llama.cpp uses it" },
        // 123 tensors: there is a brace where safetensors has one.
        { "47475546030000007b00000000000000", "a GGUF file, as llama.cpp uses it" },
        { "894844460d0a1a0a00", "an HDF5 file, as Keras and TensorFlow write it" },
        { "1c00000054464c3314002000", "a TensorFlow Lite model" },
        { "934e554d50590100760027", "a NumPy array (.npy)" },
        { "080712077079746f7263681a03322e303a00", "an ONNX model" },
        { "3036030400000808", "a checkpoint of GPT-SoVITS, whose first two bytes were replaced by its version" },
        { "89504e470d0a1a0a0000000d", "a PNG image" },
        { "25504446 2d312e37", "a PDF document" },
        { "00000000000000000000", "a file of zeros" },
        { "80024b01714b02", "no checkpoint of a known format: it starts like a Python pickle, and is none that can be read: " },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void SaysWhatATextIs(string text, string message) => AssertError(Encoding.UTF8.GetBytes(text), message);

    [Theory]
    [MemberData(nameof(Magics))]
    public void SaysWhatAFileOfAnotherFormatIs(string hex, string message) =>
        AssertError(Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal)), message);

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void AJoblibFileIsNamedWhateverItsArraysHold(byte protocol)
    {
        // Bytes that end a pickle, that make a global, and that break a frame.
        byte[] all = Joblib(protocol, [(byte)'.', .. PickleBytes.Global("a", "b"), 0x95, 1, 0, 0, 0, 0, 0, 0, 0, .. PickleBytes.Text("long")]);

        AssertError(all, "this is a joblib file, and no checkpoint of a known format. Load it with joblib, if you trust it");
        AssertError(Pack(all, stream => new ZLibStream(stream, CompressionLevel.Fastest)), "this is a joblib file (zlib), and");
        AssertError(Pack(all, stream => new GZipStream(stream, CompressionLevel.Fastest)), "this is a joblib file (gzip), and");
    }

    [Fact]
    public void WhatAJoblibFileWouldRunIsNamed()
    {
        directory.Write("model.pkl", [.. Joblib(2, new byte[100])[..^1], .. PickleBytes.Global("os", "system"), .. PickleBytes.Text("true"), 0x85, (byte)'R', (byte)'.']);

        var error = Assert.Throws<CheckpointException>(
            () => Checkpoint.Open(Path.Combine(directory.Path, "model.pkl"), TestContext.Current.CancellationToken));

        // The wrapper itself may read other files.
        Assert.Equal(["joblib.numpy_pickle.NumpyArrayWrapper", "os.system"], error.UnsafeGlobals);
    }

    [Fact]
    public void ZlibIsToldByWhatItHoldsSinceTextMayBeginLikeIt()
    {
        AssertError(Pack("weights"u8.ToArray(), stream => new ZLibStream(stream, CompressionLevel.SmallestSize)), "a zlib file, and no checkpoint of a known format. Unpack it first (pigz -d)");
        AssertError("x^2 + 1 is no model"u8.ToArray(), "text, which begins 'x^2 + 1 is no model'");
        AssertError([0x5d, 0, 0, 0x80, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0], "an lzma file");
        AssertError("ZF0x00000000000000a7x"u8.ToArray(), "this is a joblib file, and");
    }

    /// <summary>Numpy's wrapper is built, then come the length of the padding, the padding and the elements.</summary>
    private static byte[] Joblib(byte protocol, byte[] elements) =>
    [
        .. PickleBytes.Proto(protocol), (byte)'}', .. PickleBytes.Text("coef_"),
        .. PickleBytes.Global("joblib.numpy_pickle", "NumpyArrayWrapper"), (byte)')', 0x81,
        .. PickleBytes.Dict(("order", PickleBytes.Text("C")), ("shape", PickleBytes.Ints(elements.Length))), (byte)'b',
        .. elements, (byte)'s', (byte)'.',
    ];

    private static byte[] Pack(byte[] content, Func<Stream, Stream> pack)
    {
        using var packed = new MemoryStream();
        using (var stream = pack(packed))
        {
            stream.Write(content);
        }

        return packed.ToArray();
    }

    [Fact]
    public void TextInUtf16IsText() =>
        AssertError([0xff, 0xfe, .. Encoding.Unicode.GetBytes("Not Found")], "text, which begins 'Not Found'");

    [Fact]
    public void ATextThatIsCutInsideALetterIsText() =>
        AssertError(Encoding.UTF8.GetBytes("x" + new string('ä', 5000)), "text, which begins 'xää");

    [Fact]
    public void ZerosWithSomethingBehindThemAreNotOnlyZeros() =>
        AssertError([.. new byte[5000], 1], "it starts with 00000000000000000000000000000000.");

    [Fact]
    public void ALargeFileOfZerosIsToldWithoutReadingAllOfIt()
    {
        string path = Path.Combine(directory.Path, "model.pt");
        using (var file = File.Create(path))
        {
            file.SetLength(64L << 30);
        }

        var error = Assert.Throws<CheckpointException>(() => Checkpoint.Open(path, TestContext.Current.CancellationToken));

        Assert.Contains("a file of zeros", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATarInGzipNamesWhatIsInIt()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress))
        {
            gzip.Write(new TarFiles().Add("./model_config.yaml", "a: 1"u8.ToArray()).Add("./model_weights.ckpt", SafetensorsBytes.One("a", 1)).Build());
        }

        AssertError(packed.ToArray(), "It holds a tar archive. It holds checkpoints: 'model_weights.ckpt'. Name one by the archive, '!/' and its name: ");
    }

    private void AssertError(byte[] content, string message)
    {
        directory.Write("model.pt", content);

        var error = Assert.Throws<CheckpointException>(
            () => Checkpoint.Open(Path.Combine(directory.Path, "model.pt"), TestContext.Current.CancellationToken));

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
