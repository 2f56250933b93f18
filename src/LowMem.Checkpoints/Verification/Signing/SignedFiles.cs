using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>
/// Compares files with what was signed. A directory is compared whole: every file that was signed is there, and no other.
/// Of a single file, or a checkpoint that is asked for by one of its files, each file that it consists of has been signed.
/// </summary>
internal sealed class SignedFiles(
    string path, string signaturePath, SignedStatement statement, IReadOnlyList<string> alsoIgnored)
{
    private readonly ConcurrentBag<(string Path, CheckpointFinding Finding)> findings = [];
    private readonly Dictionary<string, SignedResource[]> signed = statement.Resources
        .GroupBy(resource => resource.Path, StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => group.OrderBy(resource => resource.Start).ToArray(), StringComparer.Ordinal);

    private Dictionary<string, CheckpointFile> listed = [];
    private long done;

    /// <summary>Where they are.</summary>
    public CheckpointLocation Location { get; init; } = CheckpointLocation.Local;

    /// <summary>The files of the checkpoint at the path, as they were when they were listed.</summary>
    public IReadOnlyList<CheckpointFile> Required { get; init; } = [];

    /// <summary>The files of other checkpoints in the directory.</summary>
    public IReadOnlyList<CheckpointFile> Others { get; init; } = [];

    /// <summary>How many files were compared.</summary>
    public int Compared { get; private set; }

    /// <summary>What differs, sorted by path; none when all is as signed.</summary>
    public IReadOnlyList<CheckpointFinding> Compare(IProgress<VerificationProgress>? progress, CancellationToken cancellationToken)
    {
        listed = Required.Concat(Others).DistinctBy(file => Path.GetFullPath(file.Path)).ToDictionary(file => Path.GetFullPath(file.Path), StringComparer.Ordinal);
        var work = Directory.Exists(path) ? PlanDirectory(cancellationToken) : PlanFiles();
        RequireSigned(work);
        long total = work.Sum(item => item.File is null ? 0 : GetLength(item.File.FullPath));
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, 32),
            CancellationToken = cancellationToken,
        };
        try
        {
            Parallel.ForEach(Partitioner.Create(work, EnumerablePartitionerOptions.NoBuffering), options, item => CompareFile(
                item.Name,
                item.File,
                block => progress?.Report(new VerificationProgress(Interlocked.Add(ref done, block), total)),
                cancellationToken));
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }

        Compared = work.Count(item => item.File is not null);
        return [.. findings.OrderBy(item => item.Path, StringComparer.Ordinal).Select(item => item.Finding)];
    }

    /// <summary>Each file that is there or was signed.</summary>
    private List<(string Name, ModelFile? File)> PlanDirectory(CancellationToken cancellationToken)
    {
        string[] signature = ModelFiles.GetRelative(path, signaturePath) is { } own ? [own] : [];
        var there = ModelFiles.List(path, [.. statement.IgnoredPaths, .. alsoIgnored, .. signature], cancellationToken);
        var work = there.Select(file => (file.Path, (ModelFile?)file)).ToList();
        var names = there.Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        work.AddRange(signed.Keys.Where(name => !names.Contains(name)).Select(name => (name, FindIgnored(name))));
        return work;
    }

    /// <summary>A signer may have signed what is left out by default, such as a file below <c>.github</c>.</summary>
    private ModelFile? FindIgnored(string name)
    {
        string full = Path.Combine(path, name);
        return name != SignedStatement.WholeModel && File.Exists(full)
            ? new ModelFile(name, full, new FileInfo(full).LinkTarget is not null, IsDirectory: false)
            : null;
    }

    private List<(string Name, ModelFile? File)> PlanFiles()
    {
        string[] files = GetPaths(Required) is { Length: > 0 } all ? all : [path];
        if (files is [var only] && signed.Count == 1 && signed.ContainsKey(SignedStatement.WholeModel))
        {
            // The model is this one file, which has no name in the signature.
            return [(SignedStatement.WholeModel, Describe(SignedStatement.WholeModel, only))];
        }

        // The names are relative to where the signature lies, if that is above the file.
        string home = Path.GetDirectoryName(signaturePath)!;
        string directory = ModelFiles.GetRelative(home, path) is null ? Path.GetDirectoryName(path)! : home;
        if (signed.Count == 1 && signed.ContainsKey(Path.GetFileName(path)))
        {
            directory = Path.GetDirectoryName(path)!;
        }

        return [.. files.Select(file => ModelFiles.GetRelative(directory, file) is { } name
            ? (name, (ModelFile?)Describe(name, file))
            : (file, Describe(file, file)))];
    }

    /// <summary>What a reader takes is signed, also where a signature leaves files out.</summary>
    private void RequireSigned(List<(string Name, ModelFile? File)> work)
    {
        if (!Directory.Exists(path))
        {
            return;
        }

        var compared = work.Select(item => item.File?.FullPath).ToHashSet(StringComparer.Ordinal);
        foreach (string file in GetPaths(Required).Where(file => !compared.Contains(file)))
        {
            string name = ModelFiles.GetRelative(path, file) ?? file;
            Add(name, FindingCodes.SignatureFileUnsigned, $"the file '{ModelFiles.Show(name)}' is part of the checkpoint and was not signed");
        }

        foreach (string file in GetPaths(Others).Where(file => !compared.Contains(file)))
        {
            string name = ModelFiles.GetRelative(path, file) ?? file;
            bool isLeftOut = ModelFiles.IsAmong(name, statement.IgnoredPaths.Concat(alsoIgnored));
            findings.Add((name, new CheckpointFinding(
                isLeftOut ? FindingSeverity.Warning : FindingSeverity.Error,
                FindingCodes.SignatureFileUnsigned,
                null,
                null,
                $"the file '{ModelFiles.Show(name)}' is a checkpoint and was not signed{(isLeftOut ? ": it is left out" : string.Empty)}")));
        }
    }

    private static string[] GetPaths(IReadOnlyList<CheckpointFile> files) =>
        [.. files.Select(file => Path.GetFullPath(file.Path)).Distinct(StringComparer.Ordinal)];

    private void CompareFile(string name, ModelFile? file, Action<int> blockDone, CancellationToken cancellationToken)
    {
        string shown = ModelFiles.Show(name == SignedStatement.WholeModel ? Path.GetFileName(path) : name);
        if (file is null)
        {
            Add(name, FindingCodes.SignatureFileMissing, $"the file '{shown}' was signed and is not there");
        }
        else if (file.IsDirectory)
        {
            Add(name, FindingCodes.SignatureFileUnsigned, $"'{shown}' is a link to a directory, which cannot be signed");
        }
        else if (file.IsLink && !statement.AllowsLinks && Directory.Exists(path))
        {
            Add(name, FindingCodes.SignatureFileUnsigned, $"'{shown}' is a link, and was signed without links");
        }
        else
        {
            CompareContent(name, shown, file, blockDone, cancellationToken);
        }
    }

    private void CompareContent(string name, string shown, ModelFile file, Action<int> blockDone, CancellationToken cancellationToken)
    {
        RandomAccessSource reader;
        try
        {
            reader = Location.Open(file.FullPath, cancellationToken);
        }
        catch (CheckpointException exception)
        {
            Add(name, FindingCodes.SignatureFileMissing, $"the file '{shown}' cannot be read: {exception.Detail.TrimEnd('.')}");
            return;
        }

        using (reader)
        {
            CheckListed(reader);
            if (!signed.TryGetValue(name, out var expected))
            {
                // In ranges, an empty file leaves nothing to sign.
                if (statement.ShardSize is null || reader.Length > 0)
                {
                    Add(name, FindingCodes.SignatureFileUnsigned, $"the file '{shown}' was not signed");
                }

                return;
            }

            long length = statement.ShardSize is null ? reader.Length : expected[^1].End!.Value;
            if (reader.Length != length || !CoversAll(expected))
            {
                Add(name, FindingCodes.SignatureFileChanged, $"the file '{shown}' is {reader.Length} bytes, and was signed with another length");
                return;
            }

            var found = SignedFileHash.Compute(reader, name, statement.HashType, statement.ShardSize, blockDone, cancellationToken);
            for (int i = 0; i < expected.Length; i++)
            {
                if (!expected[i].Digest.AsSpan().SequenceEqual(found[i].Digest))
                {
                    string range = statement.ShardSize is null ? string.Empty : $" from byte {found[i].Start} to {found[i].End}";
                    findings.Add((name, new CheckpointFinding(
                        FindingSeverity.Error,
                        FindingCodes.SignatureFileChanged,
                        null,
                        statement.ShardSize is null ? null : found[i].Start,
                        $"the file '{shown}' is not what was signed: its {statement.HashType.Title}{range} should be "
                        + $"{Convert.ToHexStringLower(expected[i].Digest)} and is {Convert.ToHexStringLower(found[i].Digest)}")));
                }
            }
        }
    }

    /// <summary>Whether the ranges follow each other from the start, all of the length that was agreed on but the last.</summary>
    private bool CoversAll(SignedResource[] ranges)
    {
        if (statement.ShardSize is not { } size)
        {
            return ranges.Length == 1;
        }

        long next = 0;
        for (int i = 0; i < ranges.Length; i++)
        {
            long length = ranges[i].End!.Value - ranges[i].Start;
            if (ranges[i].Start != next || length > size || (length < size && i < ranges.Length - 1))
            {
                return false;
            }

            next = ranges[i].End!.Value;
        }

        return true;
    }

    /// <summary>What is verified is what was opened before.</summary>
    private void CheckListed(RandomAccessSource reader)
    {
        if (listed.TryGetValue(Path.GetFullPath(reader.Name), out var before))
        {
            ListedFile.Check(before, reader.Version);
        }
    }

    private static ModelFile Describe(string name, string file) => new(name, file, IsLink: false, IsDirectory: false);

    private static long GetLength(string file)
    {
        try
        {
            return new FileInfo(file).Length;
        }
        catch (Exception exception) when (FileErrors.IsFileError(exception))
        {
            return 0;
        }
    }

    private void Add(string name, string code, string message) =>
        findings.Add((name, new CheckpointFinding(FindingSeverity.Error, code, null, null, message)));
}
