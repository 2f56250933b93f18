using System.Management.Automation;
using LowMem.Checkpoints.Reporting;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Verification;
using LowMem.PowerShell.Errors;
using LowMem.PowerShell.Pipeline;

namespace LowMem.PowerShell.Commands;

/// <summary>Export-CheckpointVerdict: writes verdicts for the systems that read SARIF, JUnit, Markdown or CSV.</summary>
[Cmdlet(VerbsData.Export, "CheckpointVerdict", SupportsShouldProcess = true)]
[OutputType(typeof(CheckpointVerdict))]
public sealed class ExportCheckpointVerdictCommand : LowMemCommand
{
    private VerdictReport? report;
    private string output = string.Empty;

    /// <summary>The file to write.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The verdicts of Test-Checkpoint.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [AllowNull]
    public PSObject? InputObject { get; set; }

    /// <summary>How to write; told from the extension when left out.</summary>
    [Parameter]
    public VerdictFormat Format { get; set; }

    /// <summary>The directory that paths in the report are relative to; the current one when left out.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? BasePath { get; set; }

    /// <summary>Passes the verdicts on.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Replaces a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        string basePath = string.Empty;
        Guard(() =>
        {
            output = ResolveOutput(Path!);
            basePath = BasePath is null ? SessionState.Path.CurrentFileSystemLocation.ProviderPath : GetFilePath(BasePath);
        });
        if (!MyInvocation.BoundParameters.ContainsKey(nameof(Format)))
        {
            Format = GuessFormat(output) ?? Refuse(ErrorRecords.OutputFormatUnknown(output));
        }

        if (File.Exists(output) && !Force)
        {
            Refuse(ErrorRecords.OutputExists(output));
        }

        if (ShouldProcess(output, $"Write the verdicts as {Format}"))
        {
            Guard(() => report = VerdictReport.Create(output, Format, basePath));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is null || VerdictInput.Read(InputObject) is not { } verdict)
        {
            WriteError(ErrorRecords.NoVerdict(InputObject));
            return;
        }

        if (OutputPath.IsAmong(output, [verdict.Path]))
        {
            Refuse(ErrorRecords.OutputIsInput(output));
        }

        Guard(() => report?.Add(verdict));
        if (PassThru)
        {
            WriteObject(InputObject);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => Guard(() => report?.Complete());

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            report?.Dispose();
        }

        base.Dispose(disposing);
    }

    private static VerdictFormat? GuessFormat(string path) => System.IO.Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".SARIF" => VerdictFormat.Sarif,
        ".JSON" when path.EndsWith(".sarif.json", StringComparison.OrdinalIgnoreCase) => VerdictFormat.Sarif,
        ".XML" => VerdictFormat.JUnit,
        ".MD" or ".MARKDOWN" => VerdictFormat.Markdown,
        ".CSV" => VerdictFormat.Csv,
        _ => null,
    };

    /// <summary>Half a report is none: what goes wrong ends the command.</summary>
    private void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (RefusedException refusal)
        {
            ThrowTerminatingError(refusal.Record);
        }
        catch (Exception exception) when (ErrorRecords.IsExpected(exception))
        {
            ThrowTerminatingError(ErrorRecords.Of(exception, output));
        }
    }

    private VerdictFormat Refuse(ErrorRecord record)
    {
        ThrowTerminatingError(record);
        return default;
    }
}
