using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Verification;

/// <summary>Makes sure that the files are still those that were listed.</summary>
internal static class ListedFiles
{
    /// <exception cref="CheckpointException">A file is gone or was changed.</exception>
    public static void CheckUnchanged(Checkpoint checkpoint, TensorDataReader reader)
    {
        foreach (var listed in checkpoint.AllFiles)
        {
            reader.GetFile(listed.Path).CheckUnchanged(listed);
        }
    }
}
