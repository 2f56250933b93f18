using System.Globalization;
using System.Text;
using LowMem.Checkpoints.Containers.Zip;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Storages;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Zip;

/// <summary>Finds storages as records <c>data/KEY</c> of a PyTorch archive.</summary>
/// <param name="archive">The archive.</param>
/// <param name="prefix">Its root directory, with the slash.</param>
/// <param name="folder"><c>data</c>, or another directory below the root.</param>
/// <param name="isBigEndian">Whether elements have their most significant byte first.</param>
internal sealed class ZipStorageResolver(ZipArchive archive, string prefix, string folder, bool isBigEndian) : IStorageResolver
{
    /// <summary>The directory of the storages of <c>data.pkl</c>, whose names are their keys.</summary>
    public const string DataFolder = "data";

    private const int LongestNumber = 20;
    private const int LongestName = 512;

    private readonly byte[] directory = Encoding.UTF8.GetBytes($"{prefix}{folder}/");
    private readonly Dictionary<string, Outcome> known = new(StringComparer.Ordinal);

    /// <summary>The storages of the tensors of <c>data.pkl</c>, by the names of their records.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="folder">The directory they are in, with its slash.</param>
    public static IEnumerable<StoredStorage> ListStorages(ZipArchive archive, string folder)
    {
        byte[] start = Encoding.UTF8.GetBytes(folder);
        foreach (var entry in archive.Entries)
        {
            if (HiddenRecords.IsTensorData(entry.NameBytes, start))
            {
                yield return new StoredStorage(archive.File.Name, Encoding.UTF8.GetString(entry.NameBytes[start.Length..]), entry.Length);
            }
        }
    }

    public ResolvedStorage Resolve(PicklePersistentId id)
    {
        var reference = StorageReference.TryParse(id)
            ?? throw new TensorProblemException(FindingCodes.TensorInvalid, "its persistent id is not that of a storage");
        var outcome = Find(reference.Key);
        if (outcome.Problem is { } problem)
        {
            throw new TensorProblemException(problem.Code, problem.Message);
        }

        // PyTorch trusts the pickle's count and reads past a shorter record (CVE-2026-24747).
        if (outcome.Extent.ByteLength != reference.ByteLength)
        {
            throw new TensorProblemException(
                FindingCodes.StorageSizeMismatch,
                $"storage '{DisplayText.Name(reference.Key)}' should be {reference.ByteLength} bytes, and its record has {outcome.Extent.ByteLength}");
        }

        return new ResolvedStorage(NamePrefix + reference.Key, reference.Type, outcome.Extent, outcome.UnreadableReason);
    }

    /// <summary>The storage that a whole record is, whatever its size.</summary>
    /// <param name="key">The name of the record in the folder.</param>
    /// <param name="type">The element type, which something else states.</param>
    /// <exception cref="TensorProblemException">The archive has no such record, or one that breaks the rules.</exception>
    public ResolvedStorage ResolveRecord(string key, DType type)
    {
        var outcome = Find(key);
        return outcome.Problem is { } problem
            ? throw new TensorProblemException(problem.Code, problem.Message)
            : new ResolvedStorage(NamePrefix + key, type, outcome.Extent, outcome.UnreadableReason);
    }

    private Outcome Find(string key)
    {
        if (!known.TryGetValue(key, out var outcome))
        {
            outcome = Locate(key);
            known.Add(key, outcome);
        }

        return outcome;
    }

    public long FindPlain(long key, long byteLength)
    {
        Span<byte> name = stackalloc byte[LongestName];
        if (directory.Length > LongestName - LongestNumber || NamePrefix.Length > 0)
        {
            return -1;
        }

        directory.CopyTo(name);
        _ = key.TryFormat(name[directory.Length..], out int digits, default, CultureInfo.InvariantCulture);
        if (archive.Find(name[..(directory.Length + digits)]) is not { IsPlain: true } entry || entry.Length != byteLength)
        {
            return -1;
        }

        try
        {
            return archive.File.Origin + archive.GetDataOffset(entry);
        }
        catch (CheckpointException)
        {
            // Resolving it says what is wrong.
            return -1;
        }
    }

    public string NamePrefix { get; } = folder == DataFolder ? string.Empty : $"{folder}/";

    private Outcome Locate(string key)
    {
        if (archive.Find($"{prefix}{folder}/{key}") is not { } entry)
        {
            return new Outcome(FindingCodes.StorageMissing, $"the archive has no record '{folder}/{DisplayText.Name(key)}'");
        }

        try
        {
            long offset = archive.File.Origin + archive.GetDataOffset(entry);
            return entry.Method switch
            {
                ZipEntry.Stored when entry.CompressedLength == entry.Length => new Outcome(Extent(offset)),
                ZipEntry.Stored => new Outcome(
                    FindingCodes.ArchiveEntryInvalid, $"record '{folder}/{DisplayText.Name(key)}' is stored, and yet its two sizes differ"),
                ZipEntry.Deflated when entry is { ClaimsTooMuch: false, IsBomb: true } => new Outcome(
                    Extent(-1), $"its record unfolds {entry.CompressedLength} bytes to {entry.Length}, which is too much to read"),
                ZipEntry.Deflated when !entry.ClaimsTooMuch => new Outcome(
                    Extent(-1) with { Deflated = (offset, entry.CompressedLength) }),
                ZipEntry.Deflated => new Outcome(
                    FindingCodes.ArchiveEntryInvalid,
                    $"record '{folder}/{DisplayText.Name(key)}' claims to unfold {entry.CompressedLength} bytes to {entry.Length}"),
                _ => new Outcome(Extent(-1), $"its record uses compression method {entry.Method}"),
            };
        }
        catch (CheckpointException exception)
        {
            return new Outcome(FindingCodes.ArchiveEntryInvalid, exception.Detail);
        }

        StorageExtent Extent(long place) => new(place, entry.Length, isBigEndian);
    }

    /// <summary>What was found for one key, good or bad, so that it is looked up once.</summary>
    private sealed record Outcome(StorageExtent Extent, string? UnreadableReason = null)
    {
        private static readonly StorageExtent Nowhere = new(-1, 0);

        public Outcome(string code, string message)
            : this(Nowhere) => Problem = new Fault(code, message);

        public Fault? Problem { get; }
    }

    private sealed record Fault(string Code, string Message);
}
