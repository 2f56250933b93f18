namespace LowMem.Checkpoints.Verification;

/// <summary>Makes sure that the files are still those that were listed.</summary>
internal static class ListedFiles
{
    /// <exception cref="CheckpointException">A file is gone or was changed.</exception>
    public static void CheckUnchanged(Checkpoint checkpoint, TensorDataReader reader)
    {
        foreach (var listed in checkpoint.AllFiles)
        {
            if (reader.GetFile(listed.Path).Describe() != listed)
            {
                throw new CheckpointException(
                    CheckpointErrorIds.AccessDenied,
                    listed.Path,
                    "the file was changed while it was being looked at. Wait until it is complete, and try again.");
            }
        }
    }
}
