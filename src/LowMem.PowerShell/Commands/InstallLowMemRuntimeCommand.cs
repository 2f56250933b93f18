using System.Diagnostics;
using System.Management.Automation;
using LowMem.Loader.Native;
using LowMem.Loader.Native.Packages;
using LowMem.PowerShell.Pipeline;

namespace LowMem.PowerShell.Commands;

/// <summary>Install-LowMemRuntime: gets libtorch, which holds and runs models.</summary>
[Cmdlet(VerbsLifecycle.Install, "LowMemRuntime", SupportsShouldProcess = true)]
[OutputType(typeof(RuntimeInstallation))]
public sealed class InstallLowMemRuntimeCommand : LowMemCommand
{
    /// <summary>Folders, addresses, or names of the NuGet configuration; all sources of that when left out.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string[] Source { get; set; } = [];

    /// <summary>For whom: the user who runs this, or all who use this copy of the module.</summary>
    [Parameter]
    [ValidateSet("CurrentUser", "AllUsers")]
    public string Scope { get; set; } = "CurrentUser";

    /// <summary>Installs it again where there is one.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing() => ForItem(Scope, () =>
    {
        string rid = RuntimeFolder.CurrentRid;
        if (!Force && RuntimeFolder.Find(rid) is { } found && RuntimeInstaller.FindInstalled(found, rid) is { } installed)
        {
            WriteVerbose($"libtorch {installed.LibtorchVersion} is in '{found}' already.");
            WriteObject(installed);
            return;
        }

        string folder = (Scope == "AllUsers" ? RuntimeFolder.OfAllUsers(rid) : RuntimeFolder.OfUser(rid))
            ?? throw new NativeLibraryNotFoundException(rid, missingLibrary: null, "This user has no folder for data of programs: use -Scope AllUsers.");
        var packages = NativePackage.For(rid);
        string size = Views.ByteSize.Format(packages.Sum(package => package.Length));
        if (!ShouldProcess(folder, $"Install {string.Join(" and ", packages.Select(package => $"{package.Id} {package.Version}"))} ({size} to get)"))
        {
            return;
        }

        var result = Install(folder, rid);
        NativeLibraryLoader.Retry();
        // Says now, and not in the middle of somebody's work, what is missing on this machine.
        NativeLibraryLoader.EnsureLoaded();
        WriteVerbose($"libtorch {result.LibtorchVersion} is in '{result.Path}', and loads.");
        WriteObject(result);
    });

    private RuntimeInstallation Install(string folder, string rid)
    {
        string[] sources = [.. Source.Select(FindSource)];
        var clock = Stopwatch.StartNew();
        int stage = 0;
        return ProgressBar.Run<RuntimeProgress, RuntimeInstallation>(
            this,
            "Installing libtorch",
            folder,
            report => (long)report.StageNumber << 48 | report.BytesDone,
            Describe,
            progress => new RuntimeInstaller(PackageSourcesContext.Fetcher)
                .InstallAsync(folder, rid, sources, Force, progress, StopToken).GetAwaiter().GetResult());

        (double Part, string Status, int SecondsLeft)? Describe(RuntimeProgress report)
        {
            if (report.BytesTotal == 0)
            {
                return null;
            }

            if (report.StageNumber != stage)
            {
                stage = report.StageNumber;
                clock.Restart();
            }

            var (part, status, left) = ProgressBar.DescribeBytes(report.BytesDone, report.BytesTotal, clock.Elapsed);
            return (part, $"{report.Stage}: {status}", left);
        }
    }

    // A folder may be named as everywhere in PowerShell; what is none is left to NuGet.
    private string FindSource(string source) =>
        !source.Contains("://", StringComparison.Ordinal) && GetFilePath(source) is var path && Directory.Exists(path) ? path : source;
}
