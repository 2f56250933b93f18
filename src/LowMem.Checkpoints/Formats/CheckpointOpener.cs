using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.Archives;
using LowMem.Checkpoints.Formats.Distributed;
using LowMem.Checkpoints.Formats.Folders;
using LowMem.Checkpoints.Formats.Foreign;
using LowMem.Checkpoints.Formats.PyTorch.Bare;
using LowMem.Checkpoints.Formats.PyTorch.Legacy;
using LowMem.Checkpoints.Formats.PyTorch.Tar;
using LowMem.Checkpoints.Formats.PyTorch.Unpacked;
using LowMem.Checkpoints.Formats.PyTorch.Zip;
using LowMem.Checkpoints.Formats.Safetensors;
using LowMem.Checkpoints.Formats.Sharded;
using LowMem.Checkpoints.Formats.TorchSharp;
using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats;

/// <summary>Finds out what is at a path and hands it to the reader of its format. Extensions do not count.</summary>
internal static class CheckpointOpener
{
    /// <param name="location">Where it is.</param>
    /// <param name="path">A name in the location, or one into an archive that is there.</param>
    /// <param name="looksAround">Of a file in an archive: whether what else is in the archive is reported with it.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    public static Checkpoint Open(CheckpointLocation location, string path, bool looksAround, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (ArchivePath.TryParse(path, location) is { } inArchive)
        {
            return new ArchiveReader(location, inArchive, looksAround, cancellationToken).Open();
        }

        string fullPath = location.GetFullName(path);
        if (!location.IsListed && location.DirectoryExists(fullPath))
        {
            return UnlistedFolderReader.Read(new SourceDirectory(location, fullPath), cancellationToken);
        }

        if (location.DirectoryExists(fullPath))
        {
            return OpenDirectory(new SourceDirectory(location, fullPath), cancellationToken);
        }

        SourceDirectory? directory = location.GetDirectory(fullPath) is { } parent ? new SourceDirectory(location, parent) : null;
        if (directory is not null && location.IsListed && !location.FileExists(fullPath) && FolderReader.TryReadSet(directory, fullPath, cancellationToken) is { } set)
        {
            return set;
        }

        // The pickle of an unpacked archive has its storages beside it.
        if (directory is not null && Path.GetFileName(fullPath) == UnpackedRecords.MainPickle && UnpackedRecords.IsPresent(directory))
        {
            return UnpackedArchiveReader.Read(directory, fullPath, cancellationToken);
        }

        using var file = location.Open(fullPath, cancellationToken);
        var kind = ContentDetector.Detect(file);
        return kind switch
        {
            ContentKind.ShardIndex => ShardIndexReader.Read(file, fullPath, cancellationToken),
            ContentKind.DistributedMetadata => DistributedReader.Read(file, fullPath, cancellationToken),
            ContentKind.Safetensors => ShardedSafetensorsReader.NoteIfPart(OpenFile(file, kind, fullPath, cancellationToken)),
            _ => OpenFile(file, kind, fullPath, cancellationToken),
        };
    }

    private static Checkpoint OpenDirectory(SourceDirectory directory, CancellationToken cancellationToken) =>
        UnpackedRecords.IsPresent(directory) ? UnpackedArchiveReader.Read(directory, directory.Name, cancellationToken)
        : directory.HasFile(DistributedReader.MetadataFile) ? DistributedReader.ReadDirectory(directory, cancellationToken)
        : ShardedSafetensorsReader.IsPresent(directory, cancellationToken) ? ShardedSafetensorsReader.ReadDirectory(directory, cancellationToken)
        : FolderReader.Read(directory, cancellationToken);

    /// <summary>Reads one file, which a shard index may have named.</summary>
    /// <param name="file">The file.</param>
    /// <param name="checkpoint">The path that was asked for: the file's own, or the index's.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    public static Checkpoint OpenFile(RandomAccessSource file, string checkpoint, CancellationToken cancellationToken) =>
        OpenFile(file, ContentDetector.Detect(file), checkpoint, cancellationToken);

    private static Checkpoint OpenFile(RandomAccessSource file, ContentKind kind, string checkpoint, CancellationToken cancellationToken)
    {
        try
        {
            return kind switch
            {
                ContentKind.Zip => PyTorchZipReader.Read(file, checkpoint, cancellationToken),
                ContentKind.Safetensors => SafetensorsReader.Read(file, checkpoint, cancellationToken),
                ContentKind.LegacyPyTorch => LegacyReader.Read(file, checkpoint, cancellationToken),
                ContentKind.Tar => TarReader.Read(file, checkpoint, cancellationToken),
                ContentKind.ShardIndex => throw new CheckpointException(
                    CheckpointErrorIds.FormatInvalid, file.Name, "a shard index cannot be a shard of another one."),
                ContentKind.DistributedMetadata => throw new CheckpointException(
                    CheckpointErrorIds.FormatInvalid, file.Name, "a distributed checkpoint cannot be a part of another checkpoint."),
                _ => TorchSharpReader.TryRead(file, checkpoint, cancellationToken)
                    ?? BarePickleReader.TryRead(file, checkpoint, out var reason, cancellationToken)
                    ?? throw Unknown(file, reason, cancellationToken),
            };
        }
        catch (OverflowException exception)
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid, file.Name, "a size or offset in the file is impossible.", exception);
        }
        catch (CheckpointException exception) when (kind != ContentKind.Safetensors)
        {
            var explained = ArchiveContents.Explain(file, kind, checkpoint, exception, cancellationToken);

            // The records of a sound archive have been looked through one by one; its bytes as a whole mean nothing.
            bool isSound = kind == ContentKind.Zip && !ReferenceEquals(explained, exception);
            throw isSound || explained.Globals.Count > 0 ? explained : explained.Naming(ScanBroken(file, cancellationToken));
        }
    }

    /// <summary>What a file names that cannot be read: something else may still unpickle a part of it.</summary>
    private static GlobalReport ScanBroken(RandomAccessSource file, CancellationToken cancellationToken)
    {
        const long most = 16 << 20;
        return GlobalReport.Of([], Parts(), cancellationToken);

        // PyTorch writes the pickle in front of the tensors, TorchScript behind them.
        IEnumerable<HiddenBytes> Parts()
        {
            yield return new HiddenBytes(file.ReadRange(0, Math.Min(file.Length, most), "the start of the file"), "the file", IsPickle: true);
            long end = Math.Max(most, file.Length - most);
            if (end < file.Length)
            {
                yield return new HiddenBytes(file.ReadRange(end, file.Length - end, "the end of the file"), "the end of the file", IsPickle: true);
            }
        }
    }

    private static CheckpointException Unknown(RandomAccessSource file, CheckpointException? reason, CancellationToken cancellationToken)
    {
        if (file.Length == 0)
        {
            return new CheckpointException(
                CheckpointErrorIds.FormatInvalid, file.Name, "the file is empty (0 bytes). Get the file again.")
            { Offset = 0 };
        }

        if (ForeignContent.Find(file) is { } foreign)
        {
            return (ArchiveContents.DescribeGzip(file, cancellationToken) is { } content ? foreign with { Advice = content } : foreign).ToException(file.Name);
        }

        if (reason is not null)
        {
            return reason;
        }

        byte[] start = file.ReadRange(0, Math.Min(16, file.Length), "the start of the file");
        return new CheckpointException(
            CheckpointErrorIds.FormatInvalid,
            file.Name,
            $"this is no checkpoint of a known format (PyTorch zip, legacy or tar, safetensors, shard index, distributed checkpoint, TorchSharp): it starts with {Convert.ToHexStringLower(start)}.")
        {
            Offset = 0,
        };
    }
}
