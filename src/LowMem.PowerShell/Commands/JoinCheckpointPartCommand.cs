using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Parts;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values.Statistics;
using LowMem.Checkpoints.Verification;
using LowMem.PowerShell.Errors;
using LowMem.PowerShell.Pipeline;

namespace LowMem.PowerShell.Commands;

/// <summary>Join-CheckpointPart: makes of all parts of a divided job what one machine would have given.</summary>
[Cmdlet(VerbsCommon.Join, "CheckpointPart", DefaultParameterSetName = ObjectSet, SupportsShouldProcess = true)]
[OutputType(typeof(CheckpointVerdict), typeof(TensorStatistics), typeof(FileInfo), typeof(ConversionReport))]
public sealed class JoinCheckpointPartCommand : LowMemCommand
{
    private const string ObjectSet = "InputObject";
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";

    private readonly PartSet parts = new();
    private readonly HashSet<string> written = new(StringComparer.Ordinal);
    private long count;

    /// <summary>The parts, copies of them that came from elsewhere, their records as text, or files of them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ObjectSet)]
    [ValidateNotNull]
    public PSObject? InputObject { get; set; }

    /// <summary>Files of parts; wildcards are expanded. Parts themselves are taken here as well.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet)]
    [PartRecords]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[] Path { get; set; } = [];

    /// <summary>Files of parts, taken as they are.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet)]
    [Alias("LP")]
    [ValidateNotNullOrEmpty]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Where the manifest is written, or the directory in which the files of a conversion lie; where the parts were told when left out.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? OutputPath { get; set; }

    /// <summary>Replaces files that are there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => EndOnError(() =>
    {
        switch (ParameterSetName)
        {
            case ObjectSet:
                Add(InputObject!);
                break;
            case PathSet:
                Array.ForEach(Path, path => Add(PSObject.AsPSObject(path)));
                break;
            default:
                LiteralPath.Select(GetFilePath).ToList().ForEach(AddFile);
                break;
        }
    });

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        IReadOnlyList<JoinedCheckpoint> joined = [];
        EndOnError(() => joined = parts.Join(OutputPath is null ? null : GetFilePath(OutputPath)));
        foreach (var checkpoint in joined)
        {
            ForItem(checkpoint.Path, () => Write(checkpoint));
        }

        foreach (var error in parts.GetErrors())
        {
            WriteError(ErrorRecords.OfPart(error));
        }
    }

    /// <summary>Half of the parts is no result: what is wrong with one ends the join.</summary>
    private void EndOnError(Action work)
    {
        try
        {
            work();
        }
        catch (CheckpointException exception)
        {
            ThrowTerminatingError(ErrorRecords.Of(exception, null));
        }
        catch (RefusedException refusal)
        {
            ThrowTerminatingError(refusal.Record);
        }
    }

    private void Add(PSObject input)
    {
        count++;
        if (PartInput.Find(input) is { } record)
        {
            parts.Add(record, $"object {count}");
        }
        else if (input.BaseObject is FileInfo file)
        {
            AddFile(file.FullName);
        }
        else if (input.BaseObject is string text && PartInput.IsRecord(text))
        {
            parts.Add(text, $"text {count}");
        }
        else if (input.BaseObject is string path)
        {
            FilePaths.Expand(SessionState, path).ToList().ForEach(AddFile);
        }
        else
        {
            throw new CheckpointException(
                CheckpointErrorIds.PartInvalid, $"object {count}", "this is no part: it has no Record. Give what a cmdlet with -Part wrote, or a file of it.");
        }
    }

    private void AddFile(string path)
    {
        foreach (string record in PartInput.Read(path))
        {
            parts.Add(record, System.IO.Path.GetFileName(path));
        }
    }

    private void Write(JoinedCheckpoint joined)
    {
        if (joined.Problem is { } problem)
        {
            throw problem;
        }

        if (joined.Error is { } error)
        {
            WriteError(ErrorRecords.OfPart(error));
        }
        else if (joined.Verdict is { } verdict)
        {
            WriteObject(verdict);
        }
        else if (joined.Statistics is { } statistics)
        {
            WriteObject(statistics, enumerateCollection: true);
        }
        else if (joined.Manifest is { } manifest)
        {
            WriteManifest(joined, manifest);
        }
        else if (joined.Conversion is { } conversion && ShouldProcess(conversion.Path, $"Bring the converted files of '{conversion.Source}' into their places"))
        {
            WriteObject(conversion.Run(Force, StopToken));
        }
    }

    private void WriteManifest(JoinedCheckpoint joined, CheckpointManifest manifest)
    {
        string output = OutputPath is null ? System.IO.Path.GetFullPath(joined.ManifestPath!) : ResolveOutput(OutputPath);
        if (File.Exists(output) && (!Force || written.Contains(output)))
        {
            WriteError(ErrorRecords.OutputExists(output));
        }
        else if (!RemoteNames.IsAddress(joined.Path) && Checkpoints.Sources.OutputPath.IsAmong(output, [joined.Path, .. manifest.Files.Select(file => System.IO.Path.Combine(FolderOf(joined.Path), file.Path))]))
        {
            WriteError(ErrorRecords.OutputIsInput(output));
        }
        else if (ShouldProcess(output, $"Write the manifest of '{joined.Path}'"))
        {
            manifest.Write(output);
            written.Add(output);
            WriteObject(InvokeProvider.Item.Get([output], force: true, literalPath: true), enumerateCollection: true);
        }
    }

    private static string FolderOf(string path) =>
        Directory.Exists(path) ? path : System.IO.Path.GetDirectoryName(Checkpoints.Formats.Archives.ArchivePath.GetFile(path)) ?? string.Empty;
}
