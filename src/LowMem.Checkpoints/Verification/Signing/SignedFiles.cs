using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>
/// Compares files with what was signed. A directory is compared whole: every file that was signed is there, and no other.
/// Of a single file, or a checkpoint that is asked for by one of its files, each file that it consists of has been signed.
/// </summary>
internal sealed class SignedFiles(
    string path, string signaturePath, SignedStatement statement, IReadOnlyList<string> alsoIgnored)
{
    private readonly List<(string Path, CheckpointFinding Finding)> findings = [];
    private readonly Dictionary<string, SignedResource[]> signed = statement.Resources
        .GroupBy(resource => resource.Path, StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => group.OrderBy(resource => resource.Start).ToArray(), StringComparer.Ordinal);

    private readonly Dictionary<string, SignedContent> contents = new(StringComparer.Ordinal);
    private List<(string Name, ModelFile? File)>? inDirectory;
    private bool isListed;

    /// <summary>Where they are.</summary>
    public CheckpointLocation Location { get; init; } = CheckpointLocation.Local;

    /// <summary>How many files were compared.</summary>
    public int Compared { get; private set; }

    /// <summary>Lists the files of a directory, once.</summary>
    /// <exception cref="CheckpointException">A directory may not be read.</exception>
    public void List(CancellationToken cancellationToken)
    {
        inDirectory = isListed ? inDirectory : Directory.Exists(path) ? ListDirectory(cancellationToken) : null;
        isListed = true;
    }

    /// <summary>Wants what was signed of the files of a checkpoint, unless it has been read.</summary>
    /// <param name="plan">Takes the ranges; its reader has the files.</param>
    /// <param name="hashes">Computes the SHA-256 of files, maybe for others as well.</param>
    /// <param name="checkpoint">The files of the checkpoint, as they were listed.</param>
    public void Plan(BlockPlan plan, FileHashes hashes, IReadOnlyList<CheckpointFile> checkpoint)
    {
        var listed = ByPath(checkpoint);
        foreach (var (name, file) in inDirectory ?? ListFiles(checkpoint))
        {
            if (file is null || WhyNotCompared(file) is not null || !listed.TryGetValue(file.FullPath, out var version)
                || IsRead(name) || FindContent(name) is not { } content || !content.Covers(version.Length))
            {
                continue;
            }

            if (content.IsSha256)
            {
                content.Plan(hashes.Get(version));
            }
            else
            {
                content.Plan(plan, plan.Reader.GetFile(version.Path));
            }

            contents[name] = content;
        }
    }

    /// <summary>What differs, sorted by path; none when all is as signed. Reads what <see cref="Plan"/> has not led to.</summary>
    /// <param name="required">The files of the checkpoint at the path, as they were when they were listed.</param>
    /// <param name="others">The files of other checkpoints in the directory.</param>
    /// <param name="progress">Told how far it is, from several threads; or null.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    public IReadOnlyList<CheckpointFinding> Compare(
        IReadOnlyList<CheckpointFile> required,
        IReadOnlyList<CheckpointFile> others,
        IProgress<VerificationProgress>? progress,
        CancellationToken cancellationToken)
    {
        List(cancellationToken);
        var work = inDirectory ?? ListFiles(required);
        RequireSigned(work, required, others);
        var unread = new List<(string Name, ModelFile File)>();
        foreach (var (name, file) in work)
        {
            if (file is null)
            {
                Add(name, FindingCodes.SignatureFileMissing, $"the file '{Show(name)}' was signed and is not there");
            }
            else if (WhyNotCompared(file) is { } reason)
            {
                Add(name, FindingCodes.SignatureFileUnsigned, $"'{Show(name)}' is {reason}");
            }
            else if (!IsRead(name))
            {
                contents.Remove(name);
                unread.Add((name, file));
            }
        }

        var listed = ByPath([.. required, .. others]);
        FilePass.Run(
            [.. unread.Select(item => item.File.FullPath)],
            Location,
            (i, source, plan) => PlanFile(unread[i].Name, source, listed.GetValueOrDefault(unread[i].File.FullPath), plan),
            (i, exception) => Add(
                unread[i].Name,
                FindingCodes.SignatureFileMissing,
                $"the file '{Show(unread[i].Name)}' cannot be read: {exception.Detail.TrimEnd('.')}"),
            progress,
            cancellationToken);
        foreach (var (name, content) in contents)
        {
            findings.AddRange(content.Compare(Show(name)).Select(finding => (name, finding)));
        }

        Compared = work.Count(item => item.File is not null);
        return [.. findings.OrderBy(item => item.Path, StringComparer.Ordinal).Select(item => item.Finding)];
    }

    /// <summary>Wants what was signed of one file, or says what shows without reading it.</summary>
    private void PlanFile(string name, RandomAccessSource source, CheckpointFile? listed, BlockPlan plan)
    {
        if (listed is not null)
        {
            // What is verified is what was opened before.
            ListedFile.Check(listed, source.Version);
        }

        if (FindContent(name) is not { } content)
        {
            // In ranges, an empty file leaves nothing to sign.
            if (statement.ShardSize is null || source.Length > 0)
            {
                Add(name, FindingCodes.SignatureFileUnsigned, $"the file '{Show(name)}' was not signed");
            }
        }
        else if (!content.Covers(source.Length))
        {
            Add(name, FindingCodes.SignatureFileChanged, $"the file '{Show(name)}' is {source.Length} bytes, and was signed with another length");
        }
        else
        {
            content.Plan(plan, source);
            contents.Add(name, content);
        }
    }

    private SignedContent? FindContent(string name) =>
        signed.TryGetValue(name, out var resources) ? new SignedContent(resources, statement.HashType, statement.ShardSize) : null;

    private bool IsRead(string name) => contents.TryGetValue(name, out var content) && content.IsRead;

    /// <summary>Why what is in a file does not matter; null when it does.</summary>
    private string? WhyNotCompared(ModelFile file) =>
        file.IsDirectory ? "a link to a directory, which cannot be signed"
        : file.IsLink && !statement.AllowsLinks && inDirectory is not null ? "a link, and was signed without links"
        : null;

    private string Show(string name) => ModelFiles.Show(name == SignedStatement.WholeModel ? Path.GetFileName(path) : name);

    private static Dictionary<string, CheckpointFile> ByPath(IReadOnlyList<CheckpointFile> files) => files
        .DistinctBy(file => ModelFiles.GetFullName(file.Path), StringComparer.Ordinal)
        .ToDictionary(file => ModelFiles.GetFullName(file.Path), StringComparer.Ordinal);

    /// <summary>Each file that is there or was signed.</summary>
    private List<(string Name, ModelFile? File)> ListDirectory(CancellationToken cancellationToken)
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

    private List<(string Name, ModelFile? File)> ListFiles(IReadOnlyList<CheckpointFile> required)
    {
        string[] files = GetPaths(required) is { Length: > 0 } all ? all : [path];
        if (files is [var only] && signed.Count == 1 && signed.ContainsKey(SignedStatement.WholeModel))
        {
            // The model is this one file, which has no name in the signature.
            return [(SignedStatement.WholeModel, Describe(SignedStatement.WholeModel, only))];
        }

        if (!Location.IsListed)
        {
            return ListAddresses(files);
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

    /// <summary>
    /// Files on a server, of which no directory can be compared whole. Their names are relative to the directory of the checkpoint, or,
    /// of a model in a directory of what was signed, to the nearest above it in which all of them were signed.
    /// </summary>
    private List<(string Name, ModelFile? File)> ListAddresses(string[] files)
    {
        string home = Location.DirectoryExists(path) ? path : Location.GetDirectory(path) ?? path;
        for (string? above = home; above is not null; above = Location.GetDirectory(above))
        {
            if (files.All(file => signed.ContainsKey(Location.GetRelative(above, file))))
            {
                home = above;
                break;
            }
        }

        return [.. files.Select(file => (Location.GetRelative(home, file), (ModelFile?)Describe(Location.GetRelative(home, file), file)))];
    }

    /// <summary>What a reader takes is signed, also where a signature leaves files out.</summary>
    private void RequireSigned(
        List<(string Name, ModelFile? File)> work, IReadOnlyList<CheckpointFile> required, IReadOnlyList<CheckpointFile> others)
    {
        if (inDirectory is null)
        {
            return;
        }

        var compared = work.Select(item => item.File?.FullPath).ToHashSet(StringComparer.Ordinal);
        foreach (string file in GetPaths(required).Where(file => !compared.Contains(file)))
        {
            string name = ModelFiles.GetRelative(path, file) ?? file;
            Add(name, FindingCodes.SignatureFileUnsigned, $"the file '{ModelFiles.Show(name)}' is part of the checkpoint and was not signed");
        }

        foreach (string file in GetPaths(others).Where(file => !compared.Contains(file)))
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
        [.. files.Select(file => ModelFiles.GetFullName(file.Path)).Distinct(StringComparer.Ordinal)];

    private static ModelFile Describe(string name, string file) => new(name, file, IsLink: false, IsDirectory: false);

    private void Add(string name, string code, string message) =>
        findings.Add((name, new CheckpointFinding(FindingSeverity.Error, code, null, null, message)));
}
