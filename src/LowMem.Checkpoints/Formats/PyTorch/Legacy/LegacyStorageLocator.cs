using System.Buffers.Binary;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Formats.PyTorch.Storages;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.PyTorch.Legacy;

/// <summary>Goes through the storages behind the pickles of a legacy file, reading the element counts only.</summary>
internal sealed class LegacyStorageLocator(
    RandomAccessSource file,
    StackedPickles stream,
    IReadOnlyDictionary<string, StorageReference> references,
    List<CheckpointFinding> findings)
{
    private readonly StorageTable table = new(file.Origin);
    private string? lost;
    private bool doubted;

    public StorageTable Locate(IReadOnlyList<PickleNode> keys)
    {
        var names = keys.Select(PythonText.OfKey).ToList();
        for (int i = 0; i < names.Count; i++)
        {
            if (!Locate(names, i))
            {
                throw stream.Invalid($"the file lists storage '{DisplayText.Name(names[i])}' twice");
            }
        }

        if (lost is null && stream.Left > 0)
        {
            findings.Add(new CheckpointFinding(
                FindingSeverity.Warning,
                FindingCodes.TrailingBytes,
                null,
                stream.Position,
                $"{stream.Left} bytes follow the last storage"));
        }

        return table;
    }

    private bool Locate(List<string> names, int index)
    {
        string key = names[index];
        if (lost is not null)
        {
            return table.AddFaulty(key, FindingCodes.StorageMissing, lost);
        }

        if (!references.TryGetValue(key, out var reference))
        {
            // Nothing uses it, so that nothing says how large its elements are, nor where the next storage starts.
            lost = $"its place is not known: it lies behind storage '{DisplayText.Name(key)}', the size of which is stated nowhere";
            findings.Add(new CheckpointFinding(
                FindingSeverity.Error,
                FindingCodes.StorageSizeMismatch,
                null,
                stream.Position,
                $"storage '{DisplayText.Name(key)}' is listed and used by nothing; what lies behind it cannot be found"));
            return table.AddFaulty(key, FindingCodes.StorageMissing, lost);
        }

        if (reference.ByteLength > stream.Left - sizeof(long))
        {
            return doubted
                ? table.AddFaulty(key, FindingCodes.StorageMissing, LoseAt(key))
                : throw Truncated(names, index);
        }

        long place = stream.Position;
        long count = stream.ReadInt64("the size of a storage");
        stream.Skip(reference.ByteLength, $"storage '{DisplayText.Name(key)}'");

        // The first versions wrote the count, though not the elements, in the byte order of the machine.
        if (count == reference.ElementCount || BinaryPrimitives.ReverseEndianness(count) == reference.ElementCount)
        {
            return table.Add(key, place + sizeof(long), reference.ByteLength);
        }

        doubted = true;
        return table.AddFaulty(
            key,
            FindingCodes.StorageSizeMismatch,
            $"storage '{DisplayText.Name(key)}' should have {reference.ElementCount} elements, and the file says {count} at byte {place}");
    }

    private string LoseAt(string key) =>
        lost = $"storage '{DisplayText.Name(key)}' would reach past the end of the file at {file.Length}";

    private CheckpointException Truncated(List<string> names, int index)
    {
        long end = stream.Position;
        bool known = true;
        foreach (string name in names.Skip(index))
        {
            known &= references.TryGetValue(name, out var reference);
            end = checked(end + sizeof(long) + (reference?.ByteLength ?? 0));
        }

        string total = known ? $"{end}" : $"at least {end}";
        return new CheckpointException(
            CheckpointErrorIds.Truncated, file.Name, $"truncated: {file.Length} of {total} bytes. Get the file again.")
        {
            Offset = file.Length,
        };
    }
}
