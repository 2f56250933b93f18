namespace LowMem.Checkpoints.Safety.Known;

/// <summary>
/// What is known to be inert, by name, and in what use. Compared exactly. What all of them have in common: a callable that
/// is handed one of the others can call nothing but what the pickle names, and that is judged for itself.
/// </summary>
internal static class KnownGlobals
{
    private static readonly Dictionary<string, KnownUse> Uses = Join(
        KnownPython.All, KnownTorch.All, KnownTorchModules.All, KnownNumpy.All, KnownTrainers.All, KnownEstimators.All);

    /// <summary>Every name on the lists.</summary>
    public static IEnumerable<string> Names => Uses.Keys;

    /// <summary>In what use a name is inert; <see cref="KnownUse.None"/> when it is not known.</summary>
    public static KnownUse Find(string fullName)
    {
        if (Uses.TryGetValue(fullName, out var use))
        {
            return use;
        }

        return IsTorchScript(fullName) || KnownTorch.IsType(fullName) ? KnownUse.Called : KnownUse.None;
    }

    private static Dictionary<string, KnownUse> Join(params ReadOnlySpan<KnownList> lists)
    {
        var uses = new Dictionary<string, KnownUse>(StringComparer.Ordinal);
        foreach (var list in lists)
        {
            foreach (var (name, use) in list)
            {
                uses.Add(name, use);
            }
        }

        return uses;
    }

    /// <summary>
    /// A class that the archive of a TorchScript model brings along: CPython has no module of that name, so that
    /// unpickling fails, and libtorch takes the name for one of the archive's own types.
    /// </summary>
    private static bool IsTorchScript(string fullName) =>
        fullName.StartsWith("__torch__.", StringComparison.Ordinal)
        && fullName.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '.')
        && !fullName["__torch__.".Length..].Split('.').Any(part => part.Length == 0 || (part.StartsWith("__", StringComparison.Ordinal) && part.EndsWith("__", StringComparison.Ordinal)));
}
