namespace LowMem.Checkpoints.Sources;

/// <summary>Keeps what is written away from what is read. Whatever writes a file asks here first.</summary>
public static class OutputPath
{
    /// <summary>Whether to write there would replace one of the files, by whatever name, link or case it is reached.</summary>
    /// <param name="output">The path to write to.</param>
    /// <param name="inputs">The paths of the files that must stay.</param>
    /// <returns>False when nothing is at the output.</returns>
    public static bool IsAmong(string output, IEnumerable<string> inputs)
    {
        ArgumentException.ThrowIfNullOrEmpty(output);
        ArgumentNullException.ThrowIfNull(inputs);
        string full = Path.GetFullPath(output);
        var identity = FileIdentities.Find(full);
        return inputs.Any(input => !RemoteNames.IsAddress(input) && !input.Contains('\0', StringComparison.Ordinal)
            && Path.GetFullPath(input) is var path
            && (path == full || (identity is not null && FileIdentities.Find(path) == identity)));
    }
}
