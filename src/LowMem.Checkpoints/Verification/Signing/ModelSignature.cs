using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Verification.Signing.Hashing;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>Makes signatures of OpenSSF Model Signing 1.0: the SHA-256 of every file, signed by a key.</summary>
public sealed record ModelSignature
{
    private static readonly string[] WrittenIgnoredPaths = [".git", ".gitattributes", ".github", ".gitignore"];

    /// <summary>The model: a file, or a directory with all that is in it.</summary>
    public required string Path { get; init; }

    /// <summary>The file to write.</summary>
    public required string OutputPath { get; init; }

    /// <summary>Paths relative to the model, with slashes, that are left out, each with all that is below it.</summary>
    public IReadOnlyList<string> IgnoredPaths { get; init; } = [];

    /// <summary>Whether a link to a file is signed as the file that it leads to; it is an error otherwise.</summary>
    public bool AllowsLinks { get; init; }

    /// <summary>
    /// The files that the signature covers, by full path. When there is a file at <see cref="OutputPath"/> already that is
    /// no signature, it is one of them.
    /// </summary>
    /// <param name="cancellationToken">Ends the search early.</param>
    /// <exception cref="CheckpointException">A directory may not be read.</exception>
    public IReadOnlyList<string> GetInputs(CancellationToken cancellationToken = default)
    {
        string path = System.IO.Path.GetFullPath(Path);
        return Directory.Exists(path)
            ? [.. ModelFiles.List(path, GetIgnored(path, !IsSignature(OutputPath)), cancellationToken).Select(file => file.FullPath)]
            : [path];
    }

    /// <summary>Hashes the model, signs the digests and writes the signature, whole or not at all.</summary>
    /// <param name="key">Who signs.</param>
    /// <param name="progress">Told how far it is, from several threads; or null.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="CheckpointException">A file cannot be read or written, is a link, or there is nothing to sign.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Write(SigningKey key, IProgress<VerificationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        string path = System.IO.Path.GetFullPath(Path);
        string name = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(path));
        var files = Directory.Exists(path) ? ListDirectory(path, cancellationToken) : [DescribeFile(path)];
        var resources = Hash(files, progress, cancellationToken);
        byte[] payload = SignatureWriter.WriteStatement(
            name.Length > 0 ? name : "model",
            resources,
            AllowsLinks,
            Directory.Exists(path) ? [.. GetIgnored(path, outputToo: false).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)] : []);
        var envelope = new DsseEnvelope(DsseEnvelope.InTotoType, payload, []);
        byte[] signature = key.Sign(envelope.GetSignedBytes());
        AtomicFile.Write(
            System.IO.Path.GetFullPath(OutputPath),
            stream => SignatureWriter.WriteBundle(stream, envelope with { Signature = signature }, key));
    }

    private static SignedResource[] Hash(
        List<ModelFile> files, IProgress<VerificationProgress>? progress, CancellationToken cancellationToken)
    {
        var hashes = new DigestConsumer[files.Count];
        FilePass.Run(
            [.. files.Select(file => file.FullPath)],
            CheckpointLocation.Local,
            (i, source, plan) => plan.Add(source.Name, 0, source.Length, hashes[i] = new DigestConsumer(SignedHashType.Sha256)),
            fails: null,
            progress,
            cancellationToken);
        return [.. files.Zip(hashes, (file, hash) => new SignedResource(file.Path, 0, null, hash.Digest!))];
    }

    private List<ModelFile> ListDirectory(string path, CancellationToken cancellationToken)
    {
        var files = ModelFiles.List(path, GetIgnored(path, outputToo: false), cancellationToken);
        if (files.Count == 0)
        {
            throw new CheckpointException(CheckpointErrorIds.NotFound, path, "the directory holds no files to sign.");
        }

        if (files.FirstOrDefault(file => file.IsDirectory || (file.IsLink && !AllowsLinks)) is { } link)
        {
            throw new CheckpointException(
                CheckpointErrorIds.Unsupported,
                link.FullPath,
                link.IsDirectory
                    ? "this is a link to a directory, which cannot be signed. Leave it out, or put the files there."
                    : "this is a link. Leave it out, or have the file signed that it leads to.");
        }

        // By code points, as the specification wants it: UTF-8 sorts so, and UTF-16 does not.
        files.Sort((one, other) => Encoding.UTF8.GetBytes(one.Path).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(other.Path)));
        return files;
    }

    private static ModelFile DescribeFile(string path)
    {
        using var file = CheckpointLocation.Local.Open(path);
        return ContentDetector.Detect(file) is ContentKind.ShardIndex or ContentKind.DistributedMetadata
            ? throw new CheckpointException(
                CheckpointErrorIds.Unsupported, path, "this file only names others, which would not be signed. Sign the directory.")
            : new ModelFile(System.IO.Path.GetFileName(path), path, IsLink: false, IsDirectory: false);
    }

    private IEnumerable<string> GetIgnored(string path, bool outputToo) => IgnoredPaths
        .Concat(WrittenIgnoredPaths)
        .Concat(!outputToo && ModelFiles.GetRelative(path, System.IO.Path.GetFullPath(OutputPath)) is { } own ? [own] : []);

    private static bool IsSignature(string path)
    {
        try
        {
            return File.Exists(path) && SignatureBundle.Read(System.IO.Path.GetFullPath(path), CheckpointLocation.Local) is not null;
        }
        catch (Exception exception) when (exception is SignatureFault or CheckpointException)
        {
            return false;
        }
    }
}
