using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats;

/// <summary>Where reading begins: opens whatever is at a path.</summary>
public static class CheckpointOpening
{
    extension(Checkpoint)
    {
        /// <summary>
        /// Opens what is at a path: a file, a <c>*.index.json</c>, a directory that holds one checkpoint, a set of shards without
        /// an index (<c>model-*-of-00003.safetensors</c>), or a file in an archive (see <see cref="Archives.ArchivePath"/>).
        /// </summary>
        /// <param name="path">The path.</param>
        /// <param name="cancellationToken">Ends the reading early.</param>
        /// <exception cref="CheckpointException">What is there cannot be read as a checkpoint.</exception>
        /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
        public static Checkpoint Open(string path, CancellationToken cancellationToken = default) =>
            CheckpointOpener.Open(CheckpointLocation.Local, path, looksAround: false, cancellationToken);

        /// <summary>Opens what a location has under a name, as <see cref="Open(string, CancellationToken)"/> does on the local file system.</summary>
        /// <param name="location">Where it is.</param>
        /// <param name="name">The name.</param>
        /// <param name="cancellationToken">Ends the reading early.</param>
        /// <exception cref="CheckpointException">What is there cannot be read as a checkpoint.</exception>
        /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
        public static Checkpoint Open(CheckpointLocation location, string name, CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(location);
            return CheckpointOpener.Open(location, name, looksAround: false, cancellationToken);
        }
    }
}
