namespace LowMem.Checkpoints.Parts;

/// <summary>One checkpoint that a part has to do with.</summary>
public sealed record PartTask
{
    internal PartTask(string path, int index, int input, bool isDivided) =>
        (Path, Index, Input, IsDivided) = (path, index, input, isDivided);

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>Whether other parts read the rest of it; else all of it is this part's.</summary>
    public bool IsDivided { get; }

    /// <summary>Its place in the list, in the order that is the same everywhere.</summary>
    internal int Index { get; }

    /// <summary>Its place in what was given.</summary>
    internal int Input { get; }
}
