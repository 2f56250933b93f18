using System.Buffers.Binary;
using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Formats.PyTorch.Storages;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.PyTorch.Zip;

/// <summary>
/// Says how far an archive goes whose end, and with it the central directory, is missing: the most common fault of a
/// download. The records are followed from the front; the pickle, which comes first, tells the sizes of those behind it.
/// </summary>
internal sealed class TruncatedArchive
{
    private const uint EntrySignature = 0x04034b50;
    private const uint DirectorySignature = 0x02014b50;
    private const uint DescriptorSignature = 0x08074b50;
    private const string InHeader = "the file ends inside the header of a record.";
    private const int HeaderLength = 30;
    private const int DirectoryEntryLength = 46;
    private const int EndRecordLength = 22;
    private const int HasDescriptor = 8;

    /// <summary>Records other than tensor data are small; one whose size is not known is searched no farther.</summary>
    private const int MaxSearch = 1 << 20;

    private readonly RandomAccessSource file;
    private readonly CancellationToken cancellationToken;
    private readonly Dictionary<string, long> storages = new(StringComparer.Ordinal);
    private readonly HashSet<string> whole = new(StringComparer.Ordinal);
    private int storageCount;
    private long position;
    private long directoryLength = EndRecordLength;

    private TruncatedArchive(RandomAccessSource file, CancellationToken cancellationToken)
    {
        this.file = file;
        this.cancellationToken = cancellationToken;
    }

    /// <summary>The same error with all that can be told; the error as it was when that is nothing.</summary>
    public static CheckpointException Explain(
        RandomAccessSource file, CheckpointException error, CancellationToken cancellationToken)
    {
        try
        {
            string? place = new TruncatedArchive(file, cancellationToken).Follow();
            return place is null
                ? error
                : new CheckpointException(error.ErrorId, error.Path, $"{place} Get the file again.", error)
                {
                    Record = error.Record,
                    Offset = error.Offset,
                };
        }
        catch (CheckpointException)
        {
            // What is there is broken as well, which is no help to anyone.
            return error;
        }
    }

    private string? Follow()
    {
        while (file.Length - position >= HeaderLength)
        {
            cancellationToken.ThrowIfCancellationRequested();
            byte[] header = file.ReadRange(position, HeaderLength, "a local header");
            uint signature = BinaryPrimitives.ReadUInt32LittleEndian(header);
            if (signature == DirectorySignature)
            {
                // Every record is there: what a storage lacks now, it never had.
                storages.Clear();
                return Report(position, "the file ends inside the directory itself.");
            }

            if (signature != EntrySignature)
            {
                return null;
            }

            int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(26));
            int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(28));
            long data = position + HeaderLength + nameLength + extraLength;
            directoryLength += DirectoryEntryLength + nameLength;
            if (data > file.Length)
            {
                return Report(data, InHeader);
            }

            string name = Encoding.UTF8.GetString(file.ReadRange(position + HeaderLength, nameLength, "the name of a record"));
            bool hasDescriptor = (BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(6)) & HasDescriptor) != 0;
            long stated = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(18));
            if (GetLength(name, data, stated, hasDescriptor) is not { } length)
            {
                return Report(data, $"the file ends inside or behind record '{DisplayText.Name(name)}'.");
            }

            if (length > file.Length - data)
            {
                bool isStorage = storages.Remove(StorageKey(name));
                return Report(
                    data + length,
                    $"the file ends inside record '{DisplayText.Name(name)}', {file.Length - data} bytes into its {length}.",
                    isStorage ? 1 : 0);
            }

            whole.Add(StorageKey(name));
            storages.Remove(StorageKey(name));
            position = data + length;
            SkipDescriptor(hasDescriptor);
        }

        // Or inside that of the directory: too little is left to tell.
        return Report(position, InHeader);
    }

    /// <summary>The bytes of a record; null when they cannot be known.</summary>
    private long? GetLength(string name, long data, long stated, bool hasDescriptor)
    {
        if (storages.TryGetValue(StorageKey(name), out long length))
        {
            return length;
        }

        if (!hasDescriptor && stated != uint.MaxValue)
        {
            return stated;
        }

        return name.EndsWith("/data.pkl", StringComparison.Ordinal) ? TryReadPickle(data) : FindDescriptor(data);
    }

    private long? TryReadPickle(long data)
    {
        try
        {
            return ReadPickle(data);
        }
        catch (CheckpointException)
        {
            // Most likely the file ends inside it.
            return null;
        }
    }

    private long ReadPickle(long data)
    {
        var source = new PickleSource(file.Name, "data.pkl", data, PickleSource.BudgetFor(file.StoredLength));
        var pickle = PickleMachine.Read(
            new FilePickleInput(file, data, file.Length), source, persistentLoader: null, cancellationToken).OrThrow();
        var recorder = new Recorder(storages);
        var factory = new TensorInfoFactory(file, file.Name, CheckpointFormats.PyTorchZip, recorder);
        _ = ObjectTreeWalker.Walk(file, factory, pickle, cancellationToken);
        storageCount = storages.Count;

        // In TorchScript archives the tensors come before the pickle.
        foreach (string key in whole)
        {
            storages.Remove(key);
        }

        return pickle.ByteLength;
    }

    /// <summary>Storages are removed once they are found to be whole, so that those that are left are missing.</summary>
    /// <param name="end">How far what is known of the file goes, without the storages that are left and the directory.</param>
    /// <param name="place">Where the file ends.</param>
    /// <param name="partial">How many storages are there in part.</param>
    private string Report(long end, string place, int partial = 0)
    {
        var known = storages.Values.Aggregate((Int128)end + directoryLength, (sum, bytes) => sum + bytes);
        string fact = $"truncated: {file.Length} of at least {Int128.Max(known, (Int128)file.Length + 1)} bytes. The zip archive has no central directory: ";
        return storageCount == 0 ? fact + place : $"{fact}{storageCount - storages.Count - partial} of {storageCount} storages are whole, and {place}";
    }

    private long? FindDescriptor(long data)
    {
        byte[] bytes = file.ReadRange(data, Math.Min(MaxSearch, file.Length - data), "a record");
        Span<byte> signature = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(signature, DescriptorSignature);
        for (int i = 0; ; i++)
        {
            int next = bytes.AsSpan(i).IndexOf(signature);
            if (next < 0)
            {
                return null;
            }

            i += next;
            if (bytes.Length - i >= 12 && BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(i + 8)) == i)
            {
                return i;
            }
        }
    }

    /// <summary>A descriptor has 16 bytes, or 24 with sizes of ZIP64: the record behind it tells which.</summary>
    private void SkipDescriptor(bool hasDescriptor)
    {
        const int shortLength = 16;
        const int longLength = 24;
        if (!hasDescriptor)
        {
            return;
        }

        bool isShort = file.Length - position < shortLength + sizeof(uint)
            || BinaryPrimitives.ReadUInt32LittleEndian(file.ReadRange(position + shortLength, sizeof(uint), "a header"))
                is EntrySignature or DirectorySignature;
        position += isShort ? shortLength : longLength;
    }

    private static string StorageKey(string name)
    {
        const string directory = "/data/";
        int place = name.LastIndexOf(directory, StringComparison.Ordinal);
        return place < 0 ? string.Empty : name[(place + directory.Length)..];
    }

    /// <summary>Notes the storages that a pickle names, and their sizes.</summary>
    private sealed class Recorder(Dictionary<string, long> storages) : IStorageResolver
    {
        public ResolvedStorage Resolve(PicklePersistentId id)
        {
            var reference = StorageReference.TryParse(id)
                ?? throw new TensorProblemException(FindingCodes.TensorInvalid, "its persistent id is not that of a storage");
            storages[reference.Key] = reference.ByteLength;
            return new ResolvedStorage(reference.Key, reference.Type, new StorageExtent(-1, reference.ByteLength));
        }
    }
}
