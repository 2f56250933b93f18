using System.Buffers.Binary;
using System.Text.Json;
using LowMem.Checkpoints.Containers.Tar;
using LowMem.Checkpoints.Formats.Foreign;
using LowMem.Checkpoints.Formats.TorchSharp;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats;

/// <summary>Tells the format of a file from its first bytes.</summary>
internal static class ContentDetector
{
    private const uint ZipEntrySignature = 0x04034b50;
    private const uint ZipEndSignature = 0x06054b50;
    private const int ProbeLength = 512;
    private const byte FrameOpcode = 0x95;

    /// <summary>The same integer as protocols 0 and 1 write it, in text and without a mark in front.</summary>
    private static ReadOnlySpan<byte> LegacyMagicText => "L119547037146038801333356L\n."u8;

    public static ContentKind Detect(RandomAccessSource file)
    {
        byte[] start = file.ReadRange(0, Math.Min(file.Length, ProbeLength), "the start of the file");
        var kind = DetectStart(start);
        if (kind is not (ContentKind.Safetensors or ContentKind.ShardIndex))
        {
            return kind;
        }

        // It will be read next, or is short.
        const long longest = 100_000_000;
        if (kind == ContentKind.Safetensors && file.Far is { } far && BinaryPrimitives.ReadUInt64LittleEndian(start) is var header && header < (ulong)Math.Min(file.Length, longest))
        {
            far.Fetch(sizeof(ulong), (long)header, CancellationToken.None);
        }

        // A TorchSharp file has a brace there when it holds 123 tensors, or a first one of 123 elements. It says nothing
        // about itself; but nothing else adds up in the same way.
        if (TorchSharpReader.IsWhole(file))
        {
            return ContentKind.Unknown;
        }

        if (kind == ContentKind.Safetensors && BinaryPrimitives.ReadUInt64LittleEndian(start) > (ulong)file.Length)
        {
            // No header is that long. Others have a brace there as well: GGUF with 123 tensors, JSON in JSON. A length has zeros.
            return StartsObject(start) && !start.AsSpan(0, sizeof(ulong)).Contains((byte)0) ? ContentKind.ShardIndex
                : ForeignFormats.Find(start) is not null ? ContentKind.Unknown
                : ContentKind.Safetensors;
        }

        return kind;
    }

    /// <summary>What the first bytes say by themselves.</summary>
    public static ContentKind DetectStart(ReadOnlySpan<byte> start)
    {
        if (start.Length < 4)
        {
            return ContentKind.Unknown;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(start) is ZipEntrySignature or ZipEndSignature)
        {
            return ContentKind.Zip;
        }

        if ((start[0] == 0x80 && IsLegacyMagic(start)) || start.StartsWith(LegacyMagicText))
        {
            return ContentKind.LegacyPyTorch;
        }

        // The class of the root is the first thing that the pickle names.
        if (start[0] == 0x80 && start[..Math.Min(start.Length, 128)].IndexOf("checkpoint.metadata"u8) >= 0)
        {
            return ContentKind.DistributedMetadata;
        }

        if (TarDirectory.IsTar(start))
        {
            return ContentKind.Tar;
        }

        return start.Length > 8 && StartsObject(start[8..]) ? ContentKind.Safetensors
            : StartsText(start) ? ContentKind.ShardIndex
            : ContentKind.Unknown;
    }

    private static bool StartsObject(ReadOnlySpan<byte> text) => text.TrimStart(" \t\r\n"u8) is [(byte)'{', ..];

    /// <summary>An object in a file of its own, which editors may have put into UTF-16 or behind a byte order mark.</summary>
    private static bool StartsText(ReadOnlySpan<byte> start)
    {
        if (!JsonText.IsMarked(start))
        {
            return StartsObject(start);
        }

        // The probe may end inside a character; the first ones tell.
        const int enough = 64;
        try
        {
            return StartsObject(JsonText.ToUtf8(start[..Math.Min(start.Length, enough)].ToArray()).Span);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>A pickle of the integer 0x1950a86a20f9469cfc6c (<c>MAGIC_NUMBER</c> of torch/serialization.py).</summary>
    private static bool IsLegacyMagic(ReadOnlySpan<byte> start)
    {
        // From protocol 4 on there is the length of a frame (8 bytes) first.
        int number = start.Length > 2 && start[2] == FrameOpcode ? 11 : 2;
        return start.Length > number
            && start[number..].StartsWith((ReadOnlySpan<byte>)[0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]);
    }
}

/// <summary>What the first bytes of a file say it is.</summary>
internal enum ContentKind
{
    Unknown,
    Zip,
    Safetensors,
    ShardIndex,
    LegacyPyTorch,
    Tar,
    DistributedMetadata,
}
