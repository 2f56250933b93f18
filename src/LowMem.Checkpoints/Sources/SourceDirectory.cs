namespace LowMem.Checkpoints.Sources;

/// <summary>A directory of a location, whose files the content of a checkpoint may name.</summary>
/// <param name="Location">Where it is.</param>
/// <param name="Name">Its full name.</param>
internal sealed record SourceDirectory(CheckpointLocation Location, string Name)
{
    /// <summary>The directory that a file is in.</summary>
    public static SourceDirectory Of(RandomAccessSource file) =>
        new(file.Version.Location, file.Version.Location.GetDirectory(file.Name) ?? string.Empty);

    /// <inheritdoc cref="CheckpointLocation.OpenInside"/>
    public RandomAccessSource Open(string name, CancellationToken cancellationToken = default) =>
        Location.OpenInside(Name, name, cancellationToken);

    /// <summary>Whether there is a file of the name.</summary>
    public bool HasFile(string name) => Location.FileExists(GetName(name));

    /// <summary>Whether there is a directory of the name.</summary>
    public bool HasDirectory(string name) => Location.DirectoryExists(GetName(name));

    /// <inheritdoc cref="CheckpointLocation.List"/>
    public IEnumerable<LocationEntry> List() => Location.List(Name);

    /// <summary>The full name of something in it.</summary>
    public string GetName(string name) => Location.Combine(Name, name);

    /// <summary>A directory in it.</summary>
    public SourceDirectory Below(string name) => new(Location, GetName(name));
}
