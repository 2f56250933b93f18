using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values.Division;

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
        var scan = ManifestScan.Run(checkpoint, _ => PlanShare.Whole, progress, cancellationToken);
        return Of(checkpoint.Format, scan.Files.Select(file => file.Item), scan.Tensors.Select(tensor => tensor.Item));
    }

    /// <summary>Puts a manifest together.</summary>
    /// <param name="format">The format of the checkpoint.</param>
    /// <param name="files">Its files, in order.</param>
    /// <param name="tensors">Its tensors, in order.</param>
    internal static CheckpointManifest Of(string format, IEnumerable<ManifestFile> files, IEnumerable<ManifestTensor> tensors) => new()
    {
        Format = format,
        Files = [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)],
        Tensors = [.. tensors.OrderBy(tensor => tensor.Key, StringComparer.Ordinal)],
    };

    /// <summary>Reads a manifest from a file.</summary>
    /// <param name="path">A file-system path.</param>
    /// <exception cref="CheckpointException">The file is not there, may not be read, or is no manifest.</exception>
    public static CheckpointManifest Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var file = CheckpointLocation.Local.Open(Path.GetFullPath(path));
        return ManifestJson.Parse(file);
    }

    /// <summary>Reads a manifest from a file of a location, such as one beside a checkpoint on a server.</summary>
    /// <param name="location">Where it is.</param>
    /// <param name="name">Its full name there.</param>
    /// <exception cref="CheckpointException">The file is not there, may not be read, or is no manifest.</exception>
    public static CheckpointManifest Read(CheckpointLocation location, string name)
    {
        ArgumentNullException.ThrowIfNull(location);
        using var file = location.Open(name);
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
}
