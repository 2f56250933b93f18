using System.Buffers.Binary;
using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.TorchSharp;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats;

/// <summary>
/// Whether a file is worth testing: by its content, and when that says nothing, because it bears the name of a checkpoint.
/// A zip or tar archive of something else is none.
/// </summary>
internal static class CheckpointSigns
{
    private const int EntryNameOffset = 30;
    private const int EndLength = 64 << 10;

    private static readonly HashSet<string> Extensions = new(StringComparer.OrdinalIgnoreCase)
    {
        ".pt", ".pth", ".pt2", ".ckpt", ".safetensors", ".distcp", ".pkl", ".pickle", ".mar", ".nemo",
    };

    /// <summary>What the first members of tar files of PyTorch 0.1 are called.</summary>
    private static readonly string[] TarMembers = ["sys_info", "pickle", "storages", "tensors"];

    /// <summary>Whether the name is that of a checkpoint, whatever is in the file.</summary>
    public static bool IsNamedLikeOne(string path) =>
        Extensions.Contains(Path.GetExtension(path))
        || (Path.GetFileName(path).StartsWith("pytorch_model", StringComparison.Ordinal) && Path.GetExtension(path) == ".bin");

    /// <returns>True also for what cannot be opened and is named as a checkpoint: whoever tests it says why.</returns>
    public static bool IsCheckpoint(CheckpointLocation location, string path, CancellationToken cancellationToken)
    {
        if (IsNamedLikeOne(path))
        {
            return true;
        }

        try
        {
            using var file = location.Open(path, cancellationToken);
            return ContentDetector.Detect(file) switch
            {
                ContentKind.LegacyPyTorch or ContentKind.DistributedMetadata => true,
                ContentKind.Zip => IsPyTorchZip(file),
                ContentKind.Tar => TarMembers.Contains(Encoding.ASCII.GetString(file.ReadRange(0, 100, "the first member")).TrimEnd('\0', '/')),
                ContentKind.Safetensors => BinaryPrimitives.ReadInt64LittleEndian(file.ReadRange(0, 8, "the header")) is > 0 and var length && length < file.Length,
                ContentKind.Unknown => IsPickle(file) || TorchSharpReader.IsWhole(file),
                _ => false,
            };
        }
        catch (CheckpointException)
        {
            return false;
        }
    }

    /// <summary>Whether the first bytes of a file inside another one are those of a checkpoint.</summary>
    /// <param name="start">The first bytes.</param>
    /// <param name="length">The length of the whole.</param>
    public static bool StartsLikeOne(ReadOnlySpan<byte> start, long length) => ContentDetector.DetectStart(start) switch
    {
        ContentKind.LegacyPyTorch => true,
        ContentKind.Zip => start[Math.Min(EntryNameOffset, start.Length)..].IndexOf("data.pkl"u8) >= 0,
        ContentKind.Tar => TarMembers.Contains(Encoding.ASCII.GetString(start[..100]).TrimEnd('\0', '/')),
        ContentKind.Safetensors => BinaryPrimitives.ReadInt64LittleEndian(start) is > 0 and var header && header < length,
        _ => start is [0x80, >= 1 and <= 5, ..],
    };

    /// <summary>PyTorch puts the pickle first; whoever packs anew may not, but the directory names it.</summary>
    private static bool IsPyTorchZip(RandomAccessSource file)
    {
        byte[] start = file.ReadRange(0, Math.Min(file.Length, 512), "the first record");
        if (HoldsSign(start.AsSpan(Math.Min(EntryNameOffset, start.Length))))
        {
            return true;
        }

        long end = Math.Min(file.Length, EndLength);
        byte[] directory = file.ReadRange(file.Length - end, end, "the directory");
        return HoldsSign(directory) || directory.AsSpan().IndexOf("constants.pkl"u8) >= 0;
    }

    /// <summary>The main pickle, or what an archive of <c>torch.export</c> has instead.</summary>
    private static bool HoldsSign(ReadOnlySpan<byte> names) =>
        names.IndexOf("data.pkl"u8) >= 0 || names.IndexOf("/archive_format"u8) >= 0 || names.IndexOf("serialized_exported_program.json"u8) >= 0;

    /// <summary>PROTO with a protocol that exists, and STOP at the end.</summary>
    private static bool IsPickle(RandomAccessSource file) =>
        file.Length >= 4
        && file.ReadRange(0, 2, "the start of the file") is [0x80, >= 1 and <= 5]
        && file.ReadRange(file.Length - 1, 1, "the end of the file") is [(byte)'.'];
}
