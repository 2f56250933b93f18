using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Safety;

/// <summary>A global and where it was named.</summary>
/// <param name="Name">Module and name joined by a dot.</param>
/// <param name="Where">Where, for a message: <c>the pickle</c>.</param>
/// <param name="IsDangerous">Whether it is dangerous there, whatever its name alone says.</param>
internal sealed record NamedGlobal(string Name, string Where, bool IsDangerous)
{
    /// <summary>Whether the name stands in the file, rather than being computed or looked up by number.</summary>
    public bool HasName { get; } =
        !Name.StartsWith(PickleGlobal.ExtensionPrefix, StringComparison.Ordinal)
        && !Name.Contains(PickleGlobal.Computed, StringComparison.Ordinal);
}
