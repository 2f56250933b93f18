using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Verification;

/// <summary>
/// What a checkpoint was at one time: the SHA-256 of every file and of the values of every tensor. The same checkpoint
/// gives the same manifest, byte by byte, on every machine.
/// </summary>
public sealed record CheckpointManifest
{
    /// <summary>The format of the checkpoint, one of <see cref="CheckpointFormats"/>.</summary>
    public required string Format { get; init; }

    /// <summary>The files, sorted by path.</summary>
    public required IReadOnlyList<ManifestFile> Files { get; init; }

    /// <summary>The tensors, sorted by key; of tensors with one key, in the order of the file.</summary>
    public required IReadOnlyList<ManifestTensor> Tensors { get; init; }

    /// <summary>Makes the manifest of a checkpoint: reads all of it.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="progress">Told how far it is, from several threads; or null.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <exception cref="CheckpointException">The checkpoint is broken, or was changed after it was opened.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static CheckpointManifest Create(
        Checkpoint checkpoint, IProgress<VerificationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (checkpoint.Findings.FirstOrDefault(IsFault) is { } fault)
        {
            throw new CheckpointException(
                CheckpointErrorIds.FormatInvalid,
                checkpoint.Path,
                $"a manifest of a broken checkpoint would vouch for the fault: {fault.Message}.")
            {
                Offset = fault.Offset,
            };
        }

        using var reader = new TensorDataReader(checkpoint);
        ListedFiles.CheckUnchanged(checkpoint, reader);
        var plan = new BlockPlan(reader);
        var hashes = new HashPlan(checkpoint, plan, new FileHashes(plan));
        BlockPass.Run(plan, VerificationProgress.ToAction(progress), cancellationToken);
        reader.CheckUnchanged();
        return new CheckpointManifest
        {
            Format = checkpoint.Format,
            Files = [.. hashes.GetFiles().OrderBy(file => file.Path, StringComparer.Ordinal)],
            Tensors = [.. hashes.GetTensors().OrderBy(tensor => tensor.Key, StringComparer.Ordinal)],
        };
    }

    /// <summary>Reads a manifest from a file.</summary>
    /// <param name="path">A file-system path.</param>
    /// <exception cref="CheckpointException">The file is not there, may not be read, or is no manifest.</exception>
    public static CheckpointManifest Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var file = CheckpointLocation.Local.Open(Path.GetFullPath(path));
        return ManifestJson.Parse(file);
    }

    /// <summary>Writes the manifest as JSON: the file is whole and on the disk, or is what it was before.</summary>
    /// <param name="path">A file-system path.</param>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    public void Write(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(Path.GetFullPath(path), stream => ManifestJson.Write(this, stream));
    }

    /// <summary>That code could run does not make the tensors other than they are.</summary>
    private static bool IsFault(CheckpointFinding finding) =>
        finding.Severity == FindingSeverity.Error && finding.Code != FindingCodes.UnsafeGlobal;
}
