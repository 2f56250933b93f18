using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.Distributed;
using LowMem.Checkpoints.Formats.Sharded;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Folders;

/// <summary>
/// Opens the checkpoint of a directory that cannot be listed, as on a web server: by the names that libraries write and look for,
/// in the order in which they prefer them. The first that is there is the checkpoint.
/// </summary>
internal static class UnlistedFolderReader
{
    private static readonly string[] Names =
    [
        "model.safetensors.index.json", "model.safetensors", "pytorch_model.bin.index.json", "pytorch_model.bin",
        "adapter_model.safetensors", "adapter_model.bin",
        "diffusion_pytorch_model.safetensors.index.json", "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin",
        "consolidated.safetensors.index.json", "consolidated.safetensors", "consolidated.00.pth",
        DistributedReader.MetadataFile,
    ];

    /// <exception cref="CheckpointException">None of the names is there, or what is there cannot be read.</exception>
    public static Checkpoint Read(SourceDirectory directory, CancellationToken cancellationToken) =>
        Find(directory, (file, _) => Read(file, directory.Name, cancellationToken), cancellationToken);

    /// <summary>The file that the checkpoint is read from.</summary>
    /// <exception cref="CheckpointException">None of the names is there, or what is there cannot be had.</exception>
    public static RandomAccessSource Find(SourceDirectory directory, CancellationToken cancellationToken) =>
        directory.Open(Find(directory, (_, name) => name, cancellationToken), cancellationToken);

    private static T Find<T>(SourceDirectory directory, Func<RandomAccessSource, string, T> use, CancellationToken cancellationToken)
    {
        // Object stores refuse what is not there, to whom they show no list.
        CheckpointException? refused = null;
        foreach (string name in Names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                using var file = directory.Open(name, cancellationToken);
                return use(file, name);
            }
            catch (CheckpointException exception) when (IsOfOpening(exception, directory, name) && exception.ErrorId == CheckpointErrorIds.NotFound)
            {
            }
            catch (CheckpointException exception) when (IsOfOpening(exception, directory, name) && exception.ErrorId == CheckpointErrorIds.AccessDenied)
            {
                refused ??= exception;
            }
        }

        throw refused ?? new CheckpointException(
            CheckpointErrorIds.NotFound,
            directory.Name,
            $"there is no file there of a name that libraries give checkpoints ({string.Join(", ", Names.Take(4))} and others), and what is there cannot be listed. Name the file.");
    }

    private static Checkpoint Read(RandomAccessSource file, string checkpoint, CancellationToken cancellationToken) => ContentDetector.Detect(file) switch
    {
        ContentKind.ShardIndex => ShardIndexReader.Read(file, checkpoint, cancellationToken),
        ContentKind.DistributedMetadata => DistributedReader.Read(file, checkpoint, cancellationToken),
        _ => CheckpointOpener.OpenFile(file, checkpoint, cancellationToken),
    };

    private static bool IsOfOpening(CheckpointException exception, SourceDirectory directory, string name) => exception.Path == directory.GetName(name);
}
