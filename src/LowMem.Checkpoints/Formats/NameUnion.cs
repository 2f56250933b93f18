namespace LowMem.Checkpoints.Formats;

/// <summary>The globals of the parts of a checkpoint, each once, sorted.</summary>
internal static class NameUnion
{
    public static string[] Of(IReadOnlyList<string> own, IEnumerable<IReadOnlyList<string>> others) =>
        [.. own.Concat(others.SelectMany(names => names)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
