using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Conversion;

/// <summary>Brings the files of a conversion into their places, so that a kill at any moment leaves the old set or the new one.</summary>
/// <remarks>
/// One file is one rename. Of several, the index comes last; but where old shards have the names of new ones, renaming these one by one
/// would leave a mixture in between. So an index is put in place first that names the new shards where they were made; then these
/// get their places as second names, and the index that says so follows. A new shard that is not where it was made has its place: a kill
/// came when the new set was complete, or on the way to it where no name is that of an old shard.
/// </remarks>
internal static class ConversionCommit
{
    private const string FinalIndex = "final.index.json";

    public static void Run(OutputDirectory directory, ConversionSet set)
    {
        var destination = set.Destination;
        var old = OldSet.Find(directory, destination);
        string[] stale = [.. old.GetStale(directory, set)];
        if (set.MakeIndex is null)
        {
            MoveIfStaged(directory, destination.FileName);
        }
        else
        {
            WriteStaged(directory, FinalIndex, set.MakeIndex(string.Empty));
            if (old.HasIndex && set.Files.Any(file => old.Shards.Contains(file, StringComparer.Ordinal)) && set.Files.All(directory.IsStaged))
            {
                WriteStaged(directory, destination.IndexName, set.MakeIndex(directory.StagingName + "/"));
                directory.Move(destination.IndexName, destination.IndexName);
                Finish(directory, destination, set.Files);
            }
            else
            {
                foreach (string file in set.Files)
                {
                    MoveIfStaged(directory, file);
                }

                directory.Move(FinalIndex, destination.IndexName);
            }
        }

        foreach (string name in stale)
        {
            directory.Remove(name);
        }

        directory.RemoveStaging(ConversionJournal.FileName);
    }

    /// <summary>Whether the index names files in the making: a conversion was killed after the new set was there, and before it had its names.</summary>
    public static bool IsHalfDone(OutputDirectory directory, ConversionDestination destination)
    {
        // Anybody can write an index: unless all that it names was made here, nothing is touched.
        var shards = OldSet.Find(directory, destination).Shards;
        return shards.Count > 0 && directory.IsStaged(FinalIndex)
            && shards.All(name => Path.GetFileName(name) is var file && name == $"{directory.StagingName}/{file}" && directory.IsStaged(file));
    }

    /// <summary>Gives such a set its names.</summary>
    public static void FinishHalfDone(OutputDirectory directory, ConversionDestination destination)
    {
        Finish(directory, destination, OldSet.Find(directory, destination).Shards.Select(name => Path.GetFileName(name)));
        directory.RemoveStaging(ConversionJournal.FileName);
    }

    private static void MoveIfStaged(OutputDirectory directory, string name)
    {
        // One that is not was moved before a kill.
        if (directory.IsStaged(name))
        {
            directory.Move(name, name);
        }
    }

    private static void WriteStaged(OutputDirectory directory, string name, byte[] content) =>
        AtomicFile.Write(directory.GetStaged(name), stream => stream.Write(content));

    private static void Finish(OutputDirectory directory, ConversionDestination destination, IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            directory.Link(name);
        }

        directory.Move(FinalIndex, destination.IndexName);
    }
}
