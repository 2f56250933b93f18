using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Conversion;

/// <summary>Makes sure, before anything is written, that nothing is lost and that the files can have their places.</summary>
internal static class ConversionOutputCheck
{
    /// <summary>The files of an older set that are left over once the output has taken its place.</summary>
    public static string[] FindStale(OutputDirectory directory, ConversionSet set) => [.. OldSet.Find(directory, set.Destination).GetStale(directory, set)];

    /// <summary>Checks the places.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="set">What is written.</param>
    /// <param name="changed">The names of all that is written or removed.</param>
    /// <param name="checkpoint">What is read; null when that is not known.</param>
    /// <exception cref="CheckpointException">Something is in the way.</exception>
    public static void Run(OutputDirectory directory, ConversionSet set, IReadOnlyList<string> changed, Checkpoint? checkpoint)
    {
        if (changed.FirstOrDefault(name => checkpoint?.IsReplacedBy(directory.GetPath(name)) ?? false) is { } input)
        {
            throw new CheckpointException(
                CheckpointErrorIds.OutputIsInput, directory.GetPath(input), "this file is part of the checkpoint and would be lost. Name another one.");
        }

        if (!directory.IsThere && !set.Destination.MakesDirectory)
        {
            throw new CheckpointException(CheckpointErrorIds.NotFound, set.Path, "the directory to write to does not exist.");
        }

        if (set.Names.FirstOrDefault(directory.IsDirectory) is { } folder)
        {
            throw new CheckpointException(CheckpointErrorIds.OutputExists, directory.GetPath(folder), "there is a directory of this name. Name another file.");
        }
    }

    /// <summary>Refuses to replace what is there, without leave.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="changed">The names of all that is written or removed.</param>
    /// <exception cref="CheckpointException">There is such a file.</exception>
    public static void RefuseReplacing(OutputDirectory directory, IEnumerable<string> changed)
    {
        if (changed.FirstOrDefault(directory.Exists) is { } there)
        {
            throw new CheckpointException(
                CheckpointErrorIds.OutputExists, directory.GetPath(there), "there is such a file already. Name another one, or replace it with -Force.");
        }
    }
}
