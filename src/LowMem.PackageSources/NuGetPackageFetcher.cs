using LowMem.Loader;
using LowMem.Loader.Native;
using LowMem.Loader.Native.Packages;
using NuGet.Common;
using NuGet.Configuration;
using NuGet.Protocol;
using NuGet.Protocol.Core.Types;
using NuGet.Versioning;

namespace LowMem.PackageSources;

/// <summary>Gets packages from the sources of the user's NuGet configuration, or from those that are named.</summary>
public sealed class NuGetPackageFetcher : IPackageFetcher
{
    private const string GlobalFolderName = "NuGet's package folder";

    /// <inheritdoc/>
    public async Task<string> FetchAsync(
        NativePackage package, IReadOnlyList<string> sources, FileStream destination, Action<long> arrived, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(package);
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(arrived);
        var failures = new List<string>();
        foreach (var source in GetSources(sources))
        {
            try
            {
                if (await TryFetchAsync(source, package, destination, arrived, cancellationToken).ConfigureAwait(false))
                {
                    return source.Name;
                }

                failures.Add($"  {source.Name}: it is not there.");
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                failures.Add($"  {source.Name}: {NativeMessage.GetFirstLine(exception.GetBaseException())}");
            }
        }

        throw new ModelException(
            ModelErrorIds.RuntimePackageNotFound,
            $"{package.Id} {package.Version} cannot be had. Without a network, put {package.Id}.{package.Version}.nupkg into a folder and "
            + $"name that with -Source. {(failures.Count == 0 ? "The NuGet configuration has no source that is enabled." : "Asked were:")}",
            lines: failures);
    }

    private static List<PackageSource> GetSources(IReadOnlyList<string> names)
    {
        var settings = Settings.LoadDefaultSettings(root: null);
        var configured = new PackageSourceProvider(settings).LoadPackageSources().ToArray();
        if (names.Count == 0)
        {
            // What is on this machine already need not come over a network.
            string folder = SettingsUtility.GetGlobalPackagesFolder(settings);
            IEnumerable<PackageSource> local = Directory.Exists(folder) ? [new PackageSource(folder, GlobalFolderName)] : [];
            return [.. local, .. configured.Where(source => source.IsEnabled)];
        }

        return [.. names.Select(name => Array.Find(configured, source => source.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? (Path.IsPathRooted(name) || name.Contains("://", StringComparison.Ordinal)
                ? new PackageSource(name)
                : throw new ModelException(
                    ModelErrorIds.RuntimePackageNotFound,
                    $"'{name}' is no folder, and no source of the NuGet configuration. Its sources: "
                    + $"{string.Join(", ", configured.Select(source => source.Name).DefaultIfEmpty("none"))}.")))];
    }

    private static async Task<bool> TryFetchAsync(
        PackageSource source, NativePackage package, FileStream destination, Action<long> arrived, CancellationToken cancellationToken)
    {
        if (source is { IsHttp: true, IsHttps: false, AllowInsecureConnections: false } && !source.SourceUri.IsLoopback)
        {
            throw new InvalidOperationException("It is not encrypted, and the NuGet configuration does not allow that (allowInsecureConnections).");
        }

        var repository = new SourceRepository(source, Repository.Provider.GetCoreV3());
        if (source.IsHttp
            && await repository.GetResourceAsync<ServiceIndexResourceV3>(cancellationToken).ConfigureAwait(false) is { } index
            && index.GetServiceEntryUris(ServiceTypes.PackageBaseAddress) is { Count: > 0 } addresses)
        {
            var http = await GetAsync<HttpSourceResource>(repository, cancellationToken).ConfigureAwait(false);
            return await new ResumedDownload(http.HttpSource, FileOf(addresses[0], package), package.Length, destination, arrived)
                .RunAsync(cancellationToken).ConfigureAwait(false);
        }

        // Folders, and servers of the older protocol: from the beginning.
        destination.SetLength(0);
        var finder = await GetAsync<FindPackageByIdResource>(repository, cancellationToken).ConfigureAwait(false);
        using var cache = new SourceCacheContext { NoCache = true, DirectDownload = true };
        bool found = await finder.CopyNupkgToStreamAsync(
            package.Id, NuGetVersion.Parse(package.Version), destination, cache, NullLogger.Instance, cancellationToken).ConfigureAwait(false);
        arrived(destination.Length);
        return found;
    }

    private static async Task<T> GetAsync<T>(SourceRepository repository, CancellationToken cancellationToken)
        where T : class, INuGetResource =>
        await repository.GetResourceAsync<T>(cancellationToken).ConfigureAwait(false)
            ?? throw new InvalidOperationException("It is no source of packages.");

    private static Uri FileOf(Uri address, NativePackage package)
    {
        // NuGet's protocol writes both in lower case in addresses.
#pragma warning disable CA1308
        string id = package.Id.ToLowerInvariant();
        string version = NuGetVersion.Parse(package.Version).ToNormalizedString().ToLowerInvariant();
#pragma warning restore CA1308
        return new Uri($"{address.AbsoluteUri.TrimEnd('/')}/{id}/{version}/{id}.{version}.nupkg");
    }
}
