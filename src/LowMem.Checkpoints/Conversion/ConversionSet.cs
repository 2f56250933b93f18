namespace LowMem.Checkpoints.Conversion;

/// <summary>The files of a conversion as they take their places.</summary>
/// <param name="Destination">Where.</param>
/// <param name="Files">The names of the files that hold tensors.</param>
/// <param name="MakeIndex">Makes the index, with something in front of the names of the files; null when there is one file.</param>
internal sealed record ConversionSet(ConversionDestination Destination, IReadOnlyList<string> Files, Func<string, byte[]>? MakeIndex)
{
    /// <summary>All names that are written.</summary>
    public IEnumerable<string> Names => Files.Count > 1 ? Files.Append(Destination.IndexName) : Files;

    /// <summary>The full path of what a user names.</summary>
    public string Path => Destination.GetPath(Files.Count);
}
