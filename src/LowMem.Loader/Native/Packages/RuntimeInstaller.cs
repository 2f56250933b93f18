using System.IO.Compression;
using System.Security.Cryptography;
using LowMem.Loader.Native.Fixup;

namespace LowMem.Loader.Native.Packages;

/// <summary>Puts libtorch into a folder, from the NuGet packages that it comes in.</summary>
/// <remarks>
/// A package is used only when its SHA-512 is the one that this library was built with, so that it does not matter which source it
/// came from. Files are unpacked beside the folder and take its place at once: a kill leaves all of libtorch or none. What was
/// downloaded so far stays, and the next call goes on behind it.
/// </remarks>
/// <param name="fetcher">Brings the packages.</param>
public sealed class RuntimeInstaller(IPackageFetcher fetcher)
{
    private const int BlockSize = 1 << 20;
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(200);

    /// <summary>What is there already; null when there is no complete libtorch in the folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="rid">The .NET name of the platform.</param>
    public static RuntimeInstallation? FindInstalled(string folder, string rid) =>
        NativePlatform.Find(rid) is { } platform && platform.IsComplete(folder) ? Describe(folder, rid, source: null) : null;

    /// <summary>Installs libtorch, unless it is there.</summary>
    /// <param name="folder">Where it is to be.</param>
    /// <param name="rid">The .NET name of the platform.</param>
    /// <param name="sources">Names of sources, folders or addresses; those of the user's configuration when there are none.</param>
    /// <param name="force">Installs it also where it is, and replaces that.</param>
    /// <param name="progress">Told how far it is; may be null.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="NativeLibraryNotFoundException">There is no libtorch for the platform.</exception>
    /// <exception cref="ModelException">It cannot be got, is not the expected one, or cannot be written.</exception>
    public async Task<RuntimeInstallation> InstallAsync(
        string folder,
        string rid,
        IReadOnlyList<string> sources,
        bool force,
        IProgress<RuntimeProgress>? progress,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(sources);
        var packages = NativePackage.For(rid);
        string full = Path.GetFullPath(folder);
        string fresh = $"{full}.new";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            // Of two that install at the same time, the second waits, and finds what the first has installed.
            using var gate = await LockAsync($"{full}.lock", cancellationToken).ConfigureAwait(false);
            if (!force && FindInstalled(full, rid) is { } installed)
            {
                return installed;
            }

            try
            {
                return await InstallLockedAsync(full, fresh, rid, packages, sources, progress, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                // While it is locked: who waits for it puts the same folder together afterwards.
                DeleteQuietly(fresh);
                throw;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelException(
                ModelErrorIds.RuntimeNotWritten,
                $"libtorch cannot be put into '{full}': {NativeMessage.GetFirstLine(exception)} It takes about 1 GB there for a moment, "
                + "the right to write, and that no other session has one in use that is to be replaced.",
                exception);
        }
    }

    private async Task<RuntimeInstallation> InstallLockedAsync(
        string folder,
        string fresh,
        string rid,
        IReadOnlyList<NativePackage> packages,
        IReadOnlyList<string> sources,
        IProgress<RuntimeProgress>? progress,
        CancellationToken cancellationToken)
    {
        string FileOf(NativePackage package) => Path.Combine(Path.GetDirectoryName(folder)!, $"{package.Id}.{package.Version}.nupkg.part");

        DeleteFolder(fresh);
        Directory.CreateDirectory(fresh);
        string source = string.Empty;
        foreach (var (i, package) in packages.Index())
        {
            source = await FetchAsync(package, sources, FileOf(package), new Stage(progress, 2 * i + 1, package), cancellationToken).ConfigureAwait(false);
            await UnpackAsync(package, FileOf(package), fresh, rid, new Stage(progress, 2 * i + 2, package), cancellationToken).ConfigureAwait(false);
        }

        Replace(folder, fresh);
        foreach (var package in packages)
        {
            File.Delete(FileOf(package));
        }

        return Describe(folder, rid, source);
    }

    private async Task<string> FetchAsync(
        NativePackage package, IReadOnlyList<string> sources, string file, Stage stage, CancellationToken cancellationToken)
    {
        using var stream = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, BlockSize, useAsync: true);
        bool resumed = stream.Length > 0;
        if (stream.Length > package.Length)
        {
            stream.SetLength(0);
        }

        while (true)
        {
            stage.Report($"Getting {package.Id}", stream.Length);
            string source = await fetcher.FetchAsync(
                package, sources, stream, done => stage.Report($"Getting {package.Id}", done), cancellationToken).ConfigureAwait(false);
            stream.Position = 0;
            string digest = Convert.ToBase64String(await SHA512.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
            if (digest == package.Sha512)
            {
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
                RandomAccess.FlushToDisk(stream.SafeFileHandle);
                return source;
            }

            long length = stream.Length;
            stream.SetLength(0);
            if (!resumed)
            {
                throw new ModelException(
                    ModelErrorIds.RuntimePackageInvalid,
                    $"{package.Id} {package.Version} of '{source}' is not the package that is expected, and was not used: its {length} bytes have "
                    + $"the SHA-512 {digest}, not {package.Sha512}. Name another source with -Source, or ask who runs this one.");
            }

            // What an earlier call left may have been the beginning of something else.
            resumed = false;
        }
    }

    private static async Task UnpackAsync(
        NativePackage package, string file, string folder, string rid, Stage stage, CancellationToken cancellationToken)
    {
        var archive = await ZipFile.OpenReadAsync(file, cancellationToken).ConfigureAwait(false);
        await using var closing = archive.ConfigureAwait(false);
        var entries = archive.Entries
            .Select(entry => (Entry: entry, Name: NativePackage.GetInstalledName(entry.FullName, rid)))
            .Where(pair => pair.Name is not null)
            .ToArray();
        long total = entries.Sum(pair => pair.Entry.Length);
        long done = 0;
        byte[] block = new byte[BlockSize];
        foreach (var (entry, name) in entries)
        {
            string path = Path.Combine(folder, name!);
            var input = await entry.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using var closeInput = input.ConfigureAwait(false);
            using (var output = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, useAsync: true))
            {
                while (await input.ReadAsync(block, cancellationToken).ConfigureAwait(false) is > 0 and int count)
                {
                    await output.WriteAsync(block.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                    done += count;
                    stage.Report($"Unpacking {package.Id}", done, total);
                }

                await output.FlushAsync(cancellationToken).ConfigureAwait(false);
                RandomAccess.FlushToDisk(output.SafeFileHandle);
            }

            if (name == "libLibTorchSharp.so")
            {
                // So that it loads on Debian 12 and Ubuntu 22.04 as well.
                byte[] image = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
                LibraryFixup.Apply(image);
                await File.WriteAllBytesAsync(path, image, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static void Replace(string folder, string fresh)
    {
        string old = $"{folder}.old";
        DeleteFolder(old);
        if (Directory.Exists(folder))
        {
            Directory.Move(folder, old);
        }

        Directory.Move(fresh, folder);
        // Where a library of it is in use, Windows keeps it; the next installation removes it.
        DeleteQuietly(old);
    }

    private static async Task<FileStream> LockAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException exception) when (exception.GetType() == typeof(IOException) && File.Exists(path))
            {
                await Task.Delay(LockPause, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static RuntimeInstallation Describe(string folder, string rid, string? source)
    {
        var platform = NativePlatform.Find(rid)!;
        long length = platform.Dependencies.Prepend(platform.Main)
            .SelectMany(pattern => Directory.EnumerateFiles(folder, pattern))
            .Distinct(StringComparer.Ordinal)
            .Sum(path => new FileInfo(path).Length);
        return new RuntimeInstallation(rid, RuntimeFolder.TorchSharpVersion, NativePackage.LibtorchVersion, folder, length, source);
    }

    private static void DeleteFolder(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private static void DeleteQuietly(string path)
    {
        try
        {
            DeleteFolder(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next installation tries again.
        }
    }

    private readonly record struct Stage(IProgress<RuntimeProgress>? Progress, int Number, NativePackage Package)
    {
        public void Report(string name, long done, long total = -1) =>
            Progress?.Report(new RuntimeProgress(name, Number, done, total < 0 ? Package.Length : total));
    }
}
