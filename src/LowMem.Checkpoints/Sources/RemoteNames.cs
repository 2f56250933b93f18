namespace LowMem.Checkpoints.Sources;

/// <summary>Tells names of what is on servers from paths, without anything that servers are asked with.</summary>
public static class RemoteNames
{
    /// <summary>Whether a text begins as an address does that is read here.</summary>
    /// <param name="text">A path or an address.</param>
    public static bool IsAddress(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("hf://", StringComparison.OrdinalIgnoreCase);
    }
}
