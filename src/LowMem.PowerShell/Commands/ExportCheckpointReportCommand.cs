using System.Diagnostics;
using System.Management.Automation;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Comparison;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Reporting.Pages;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values.Statistics;
using LowMem.Checkpoints.Verification;
using LowMem.Loader.Import.Planning;
using LowMem.PowerShell.Completion;
using LowMem.PowerShell.Errors;
using LowMem.PowerShell.Pipeline;

namespace LowMem.PowerShell.Commands;

/// <summary>Export-CheckpointReport: one HTML file that shows a checkpoint. Loads libtorch only for -Module.</summary>
[Cmdlet(VerbsData.Export, "CheckpointReport", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportCheckpointReportCommand : CheckpointUriCommand
{
    private const string Activity = "Looking at checkpoint";

    private readonly HashSet<string> written = new(StringComparer.Ordinal);

    /// <summary>The file to write, or a directory for files of the checkpoints' names.</summary>
    [Parameter(Mandatory = true, Position = 1, HelpMessage = "An .html file, or a directory")]
    [ValidateNotNullOrEmpty]
    public string Destination { get; set; } = string.Empty;

    /// <summary>A checkpoint to compare with: the older one.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ArchiveMemberCompleter))]
    public string? ReferencePath { get; set; }

    /// <summary>A TorchSharp module that the checkpoint is to fit.</summary>
    [Parameter]
    [ValidateNotNull]
    [ModuleOnly]
    public object? Module { get; set; }

    /// <summary>Reads all values, for figures and histograms.</summary>
    [Parameter]
    public SwitchParameter Values { get; set; }

    /// <summary>Replaces a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the file that was made.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override bool ReadsAll => Values || ReferencePath is not null;

    /// <inheritdoc/>
    protected override void ProcessCheckpoint(string path)
    {
        string output = FindOutput(path);
        CheckOutput(output, path);
        if (!ShouldProcess(output, $"Write a report of '{path}'"))
        {
            return;
        }

        var content = Gather(path, output);
        if (IsDirectory)
        {
            ReportPage.CreateDirectory(System.IO.Path.GetDirectoryName(output)!);
        }

        ReportPage.Write(output, content, StopToken);
        written.Add(output);
        WriteVerbose($"{output}: {new FileInfo(output).Length} bytes.");
        if (PassThru)
        {
            WriteObject(InvokeProvider.Item.Get([output], force: true, literalPath: true), enumerateCollection: true);
        }
    }

    /// <summary>Whether a directory was named for certain, there or not.</summary>
    private bool IsDirectory => System.IO.Path.EndsInDirectorySeparator(Destination);

    private string FindOutput(string path)
    {
        string full = ResolveOutput(Destination);
        if (!Directory.Exists(full) && !IsDirectory)
        {
            return full;
        }

        string name = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(path));
        return System.IO.Path.Combine(full, name + ".html");
    }

    /// <summary>Before anything is read: a long look is not to end with an error that was there from the beginning.</summary>
    private void CheckOutput(string output, string path)
    {
        if (OutputPath.IsAmong(output, [path]))
        {
            throw new RefusedException(ErrorRecords.OutputIsInput(output));
        }

        // Even by force, one page does not replace the one before.
        if (written.Contains(output) || (File.Exists(output) && !Force))
        {
            throw new RefusedException(ErrorRecords.OutputExists(output));
        }

        string folder = System.IO.Path.GetDirectoryName(output)!;
        if (!Directory.Exists(folder) && !(IsDirectory && Directory.Exists(System.IO.Path.GetDirectoryName(folder))))
        {
            throw new CheckpointException(CheckpointErrorIds.NotFound, output, "the directory to write to does not exist.");
        }
    }

    private ReportContent Gather(string path, string output)
    {
        // The reference first: when there is none, nothing is looked at.
        var reference = OpenReference(output);
        ReportModule? module = null;

        // What was tested is what is shown: the same listing, of the same versions of the files.
        Checkpoint? tested = null;
        var options = new VerificationOptions
        {
            Level = Values ? VerificationLevel.Values : VerificationLevel.Structure,
            Location = LocationOf(path),
            AdditionalChecks = checkpoint =>
            {
                tested = checkpoint;
                return Module is null ? [] : (module = CheckFit(checkpoint)).Findings;
            },
        };
        var verdict = ProgressBar.Run(this, Activity, path, progress => CheckpointVerifier.Verify(path, options, progress, StopToken));
        var content = new ReportContent { Verdict = verdict, Module = module };
        if ((tested ?? Open(path)) is not { } opened)
        {
            return content;
        }

        if (opened.IsReplacedBy(output))
        {
            throw new RefusedException(ErrorRecords.OutputIsInput(output));
        }

        return content with
        {
            Checkpoint = opened,
            Statistics = Values ? ReadStatistics(opened, path) : null,
            Comparison = reference is null ? null : Compare(reference, opened, path),
        };
    }

    /// <summary>A checkpoint that did not pass; null when the verdict says why there is none to list.</summary>
    private Checkpoint? Open(string path)
    {
        try
        {
            return Checkpoint.Open(LocationOf(path), path, StopToken);
        }
        catch (CheckpointException exception)
        {
            WriteWarning($"{exception.Message} The report says no more than that.");
            return null;
        }
    }

    private Checkpoint? OpenReference(string output)
    {
        if (ReferencePath is null)
        {
            return null;
        }

        string name = IsAddress(ReferencePath) ? AddAddress(ReferencePath) : FindReference(ReferencePath);
        var reference = Checkpoint.Open(LocationOf(name), name, StopToken);
        return reference.IsReplacedBy(output) ? throw new RefusedException(ErrorRecords.OutputIsInput(output)) : reference;
    }

    private string FindReference(string path) => ResolvePath(path, literal: ParameterSetName == LiteralPathSet) is var paths && paths.Count == 1
        ? paths[0]
        : throw new RefusedException(ErrorRecords.ReferenceAmbiguous(path, paths));

    private List<TensorStatistics> ReadStatistics(Checkpoint checkpoint, string path)
    {
        var scan = new StatisticsScan(checkpoint, checkpoint.Tensors) { BinCount = ReportPage.BinCount };
        return ProgressBar.Run(this, "Looking at values", path, Stopwatch.StartNew(), progress => scan.Run(
            done => progress.Report(new VerificationProgress(done, scan.ByteLength)), StopToken).ToList());
    }

    private ReportComparison Compare(Checkpoint reference, Checkpoint checkpoint, string path)
    {
        var comparison = new CheckpointComparison(reference, checkpoint, new ComparisonOptions());
        var result = ProgressBar.Run(this, "Comparing checkpoints", path, progress => comparison.Run(
            done => progress.Report(new VerificationProgress(done, comparison.ByteLength)), StopToken));
        return new ReportComparison(reference.Path, result);
    }

    private ReportModule CheckFit(Checkpoint checkpoint)
    {
        object module = Module is PSObject wrapped ? wrapped.BaseObject : Module!;
        var findings = ModelFit.Check(module, checkpoint, prefix: null, StopToken);
        return new ReportModule(module.GetType().Name, ModelFit.CountParameters(module), findings);
    }
}
