namespace LowMem.Loader.Native.Packages;

/// <summary>Brings the file of a NuGet package from wherever a user gets packages.</summary>
public interface IPackageFetcher
{
    /// <summary>Writes the package to a file. What is in that file already is taken for its beginning; the caller compares digests.</summary>
    /// <param name="package">The package.</param>
    /// <param name="sources">Names of sources, folders or addresses; those of the user's configuration when there are none.</param>
    /// <param name="destination">The file to go on with.</param>
    /// <param name="arrived">Told how many bytes of the file there are.</param>
    /// <param name="cancellationToken">Stops it; what has arrived stays.</param>
    /// <returns>The name of the source that had it.</returns>
    /// <exception cref="ModelException">No source has it, or none can be asked.</exception>
    Task<string> FetchAsync(
        NativePackage package, IReadOnlyList<string> sources, FileStream destination, Action<long> arrived, CancellationToken cancellationToken);
}
