using System.Text;
using System.Text.Json;
using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Parts.Records;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Parts;

/// <summary>Brings the files that the parts of a conversion wrote into their places, the index last.</summary>
public sealed class ConversionJoin
{
    private readonly IReadOnlyList<PartItem> items;
    private readonly ConversionRecord common;
    private readonly ConversionSet set;
    private readonly OutputDirectory directory;

    /// <param name="items">What all parts wrote of one checkpoint.</param>
    /// <param name="folder">The directory where the files are; null when it is where the parts saw it.</param>
    internal ConversionJoin(IReadOnlyList<PartItem> items, string? folder)
    {
        this.items = items;
        common = items.First(item => item.HasCommon).Conversion!;
        string[] names = [common.Stem + common.Extension, .. common.Files.Select(file => file.Name)];
        if (names.FirstOrDefault(name => name.Length == 0 || name.AsSpan().IndexOfAny('/', '\\') >= 0 || name is "." or "..") is { } wrong
            || items.Any(item => item.Conversion!.Files.Count != common.Files.Count))
        {
            throw new FormatException("a file of the conversion has no name that a part gives it.");
        }

        var destination = new ConversionDestination(common.Format, folder ?? common.Directory, common.Stem, common.Extension);
        set = new ConversionSet(destination, [.. common.Files.Select(file => file.Name)], common.Index is { } index ? before => MakeIndex(index, before) : null);
        directory = new OutputDirectory(destination.Directory, destination.FileName);
    }

    /// <summary>The full path of what is put in place.</summary>
    public string Path => set.Path;

    /// <summary>What was converted.</summary>
    public string Source => items.First(item => item.HasCommon).Path;

    /// <summary>Puts the files in place. Called again after a kill, it goes on: what has its place already is read and compared.</summary>
    /// <param name="replaces">Whether what is there is replaced, also when the parts were not told so.</param>
    /// <param name="cancellationToken">Ends that comparison early.</param>
    /// <exception cref="CheckpointException">A file is not there, or not as it was written, or something is in the way.</exception>
    public ConversionReport Run(bool replaces, CancellationToken cancellationToken = default)
    {
        string[] changed = [.. set.Names, .. ConversionOutputCheck.FindStale(directory, set)];
        ConversionOutputCheck.Run(directory, set, changed, checkpoint: null);
        bool mayReplace = replaces || common.Replaces;
        var placed = CheckFiles(mayReplace, cancellationToken);
        if (!mayReplace)
        {
            ConversionOutputCheck.RefuseReplacing(directory, changed.Where(name => !placed.Contains(name) && !IsIndex(name)));
        }

        if (ConversionCommit.IsHalfDone(directory, set.Destination))
        {
            ConversionCommit.FinishHalfDone(directory, set.Destination);
        }
        else
        {
            ConversionCommit.Run(directory, set);
        }

        return new ConversionReport
        {
            Path = set.Path,
            Source = Source,
            Format = common.Format,
            Files = [.. set.Files.Select(directory.GetPath)],
            TensorCount = common.TensorCount,
            CastCount = common.CastCount,
            TiedCount = common.TiedCount,
            ByteLength = common.Files.Sum(file => file.Length),
            ResumedCount = 0,
            Verified = items.All(item => item.Conversion!.Verified),
            Duration = TimeSpan.FromTicks(items.Max(item => item.Conversion!.Duration)),
        };
    }

    /// <summary>Whether a name is that of the index, and the index is there.</summary>
    private bool IsIndex(string name) => name == set.Destination.IndexName && common.Index is { } index && directory.Holds(name, Encoding.UTF8.GetBytes(index));

    /// <summary>The index, with something in front of the names of the files.</summary>
    private static byte[] MakeIndex(string index, string before)
    {
        if (before.Length == 0)
        {
            return Encoding.UTF8.GetBytes(index);
        }

        using var document = JsonDocument.Parse(index);
        var metadata = document.RootElement.GetProperty("metadata");
        return ShardIndexWriter.Write(
            metadata.GetProperty("total_size").GetInt64(),
            metadata.EnumerateObject().Where(text => text.Value.ValueKind == JsonValueKind.String).ToDictionary(text => text.Name, text => text.Value.GetString()!),
            document.RootElement.GetProperty("weight_map").EnumerateObject().Select(file => KeyValuePair.Create(file.Name, before + file.Value.GetString())));
    }

    /// <summary>Makes sure that all files are there.</summary>
    /// <returns>The names of those that have their places already; where files may be replaced, of those that are nowhere else.</returns>
    private HashSet<string> CheckFiles(bool mayReplace, CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        var placed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (number, file) in common.Files.Index())
        {
            string[] digests = [.. items.Select(item => item.Conversion!.Files[number].Digest).OfType<string>()];
            long? length = directory.FindStagedLength(file.Name);
            if (digests.Length == 1 && (length is null || !mayReplace) && IsPlaced(file, digests[0], cancellationToken))
            {
                placed.Add(file.Name);
            }

            string? fault = digests.Length != 1 ? "was written by no part, or by several"
                : length is null ? placed.Contains(file.Name) ? null : "is not there"
                : length != file.Length ? $"has {length} bytes, and not {file.Length}"
                : null;
            if (fault is not null)
            {
                faults.Add($"'{file.Name}' {fault}");
            }
        }

        if (faults.Count > 0)
        {
            throw new CheckpointException(
                CheckpointErrorIds.PartsNotWhole,
                directory.Staging,
                $"the files that the parts wrote have to be in this directory, and are not: {DisplayText.Names(faults, 20)}. Bring them there, or run those parts again.");
        }

        return placed;
    }

    private bool IsPlaced(WrittenFileRecord file, string digest, CancellationToken cancellationToken)
    {
        string path = directory.GetPath(file.Name);
        return new FileInfo(path) is { Exists: true } there && there.Length == file.Length && ShardWriter.GetDigest(path, path, cancellationToken) == digest;
    }
}
