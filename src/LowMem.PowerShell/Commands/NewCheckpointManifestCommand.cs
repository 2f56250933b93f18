using System.Management.Automation;
using LowMem.Checkpoints.Formats.Archives;
using LowMem.Checkpoints.Parts;
using LowMem.Checkpoints.Values.Division;
using LowMem.Checkpoints.Verification;
using LowMem.PowerShell.Completion;
using LowMem.PowerShell.Errors;
using LowMem.PowerShell.Pipeline;

namespace LowMem.PowerShell.Commands;

/// <summary>New-CheckpointManifest: writes down what a checkpoint is now, for Test-Checkpoint to compare with.</summary>
[Cmdlet(VerbsCommon.New, "CheckpointManifest", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo), typeof(CheckpointPart))]
public sealed class NewCheckpointManifestCommand : PartedCheckpointCommand
{
    private const string Extension = ".manifest.json";

    private readonly HashSet<string> written = new(StringComparer.Ordinal);

    /// <summary>The file to write; beside the checkpoint when left out.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? OutputPath { get; set; }

    /// <summary>Replaces a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Which part of how many, such as 3/8: only that share is hashed, and Join-CheckpointPart writes the manifest of all parts.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(PartCompleter))]
    public PartNumber? Part
    {
        get => Share;
        set => Share = value;
    }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (OutputPath is null && ParameterSetName == UriSet)
        {
            ThrowTerminatingError(ErrorRecords.ParameterMissing(nameof(Uri), nameof(OutputPath)));
        }
    }

    /// <inheritdoc/>
    private protected override string Activity => "Hashing checkpoint";

    /// <inheritdoc/>
    private protected override PartOperation CreateOperation() => new ManifestOperation(GetOutput, PartOptions.Of(this, nameof(OutputPath), nameof(Force))) { Locate = LocationOf };

    /// <inheritdoc/>
    private protected override bool ReadsAll => true;

    /// <inheritdoc/>
    protected override void ProcessCheckpoint(string path)
    {
        string output = GetOutput(path);

        // Even by force, the manifest of one checkpoint does not replace that of the one before.
        if (File.Exists(output) && (!Force || written.Contains(output)))
        {
            WriteError(ErrorRecords.OutputExists(output));
            return;
        }

        var checkpoint = OpenCheckpoint(path);
        if (checkpoint.IsReplacedBy(output))
        {
            WriteError(ErrorRecords.OutputIsInput(output));
            return;
        }

        if (!ShouldProcess(output, $"Write the manifest of '{path}'"))
        {
            return;
        }

        var manifest = ProgressBar.Run(
            this, "Hashing checkpoint", path, progress => CheckpointManifest.Create(checkpoint, progress, StopToken));
        manifest.Write(output);
        written.Add(output);

        // With what Get-Item adds, which tables and the pipeline look for.
        WriteObject(InvokeProvider.Item.Get([output], force: true, literalPath: true), enumerateCollection: true);
    }

    private string GetOutput(string path) => OutputPath is null
        ? System.IO.Path.GetFullPath(GetDefaultOutput(path))
        : ResolveOutput(OutputPath);

    /// <summary>Beside the checkpoint: that of a file in an archive beside the archive, with a name that is none inside it.</summary>
    private static string GetDefaultOutput(string path)
    {
        string plain = ArchivePath.TryParse(path) is { } inside
            ? $"{inside.File}!{string.Join('_', inside.Member.Split('/', '\\', ':'))}"
            : System.IO.Path.TrimEndingDirectorySeparator(path);
        string? directory = System.IO.Path.GetDirectoryName(plain);
        // A set of shards has a '*' in its name, which no file of Windows may have.
        return System.IO.Path.Combine(directory ?? string.Empty, System.IO.Path.GetFileName(plain).Replace('*', 'N')) + Extension;
    }
}
