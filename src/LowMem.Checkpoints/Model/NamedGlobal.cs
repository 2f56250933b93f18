namespace LowMem.Checkpoints;

/// <summary>A global, where it was named, and what is done with it there.</summary>
/// <param name="Name">Module and name joined by a dot.</param>
/// <param name="Where">Where, for a message: <c>the pickle</c>.</param>
/// <param name="Risk">What it can do in that use, whatever its name alone says.</param>
internal sealed record NamedGlobal(string Name, string Where, GlobalRisk Risk)
{
    /// <summary>Where the opcode that names it is in the file, in bytes; null when it is packed or inside a value.</summary>
    public long? Offset { get; init; }

    /// <summary>The opcode that calls it: REDUCE, NEWOBJ, NEWOBJ_EX, INST or OBJ; null when it is only named.</summary>
    public string? CalledBy { get; init; }

    /// <summary>Whether it could run code there.</summary>
    public bool IsDangerous => Risk == GlobalRisk.Dangerous;
}
