using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Parts;

/// <summary>One checkpoint that a part has to do with.</summary>
public sealed record PartTask
{
    private readonly Lazy<CheckpointLocation> location;

    internal PartTask(string path, int index, int input, bool isDivided, int sharers, Func<string, CheckpointLocation> locate)
    {
        (Path, Index, Input, IsDivided, Sharers) = (path, index, input, isDivided, sharers);
        location = new Lazy<CheckpointLocation>(() => locate(path).With(Meter).With(Memory));
    }

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>Where it is. What is read of it there is counted.</summary>
    public CheckpointLocation Location => location.Value;

    /// <summary>Counts what is read of it, to list it and after that.</summary>
    internal ReadMeter Meter { get; } = new();

    /// <summary>Remembers what is read of it while it is listed.</summary>
    internal ReadMemory Memory { get; } = new();

    /// <summary>Whether other parts read the rest of it; else all of it is this part's.</summary>
    public bool IsDivided { get; }

    /// <summary>How many parts share it: as many as pay, since each of them lists it first.</summary>
    internal int Sharers { get; }

    /// <summary>Its place in the list, in the order that is the same everywhere.</summary>
    internal int Index { get; }

    /// <summary>Its place in what was given.</summary>
    internal int Input { get; }
}
