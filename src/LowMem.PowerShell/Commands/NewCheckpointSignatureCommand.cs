using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.Archives;
using LowMem.Checkpoints.Verification.Signing;
using LowMem.PowerShell.Errors;
using LowMem.PowerShell.Pipeline;

namespace LowMem.PowerShell.Commands;

/// <summary>New-CheckpointSignature: signs the files of a model, for Test-Checkpoint -Signature and others to verify.</summary>
[Cmdlet(VerbsCommon.New, "CheckpointSignature", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class NewCheckpointSignatureCommand : CheckpointPathCommand
{
    private readonly HashSet<string> written = new(StringComparer.Ordinal);
    private SigningKey? key;

    /// <summary>The file to write; model.sig in a directory, or beside a file, when left out.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? OutputPath { get; set; }

    /// <summary>The private key, in PEM.</summary>
    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string? PrivateKey { get; set; }

    /// <summary>The certificate of the key and those that lead to a root, in PEM.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[]? Certificate { get; set; }

    /// <summary>Files and directories to leave out, relative to the model.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[]? IgnorePath { get; set; }

    /// <summary>Signs the files that links lead to.</summary>
    [Parameter]
    public SwitchParameter AllowSymlink { get; set; }

    /// <summary>Replaces a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessCheckpoint(string path)
    {
        if (ArchivePath.TryParse(path) is { } inside)
        {
            throw new CheckpointException(
                CheckpointErrorIds.Unsupported, path, $"whole files are signed, and this is inside one. Name the archive itself: {inside.File}");
        }

        string output = OutputPath is not null
            ? ResolveOutput(OutputPath)
            : System.IO.Path.GetFullPath(Directory.Exists(path) ? System.IO.Path.Combine(path, "model.sig") : path + ".sig");

        // Even by force, the signature of one model does not replace that of the one before.
        if (File.Exists(output) && (!Force || written.Contains(output)))
        {
            WriteError(ErrorRecords.OutputExists(output));
            return;
        }

        var signature = new ModelSignature
        {
            Path = path,
            OutputPath = output,
            IgnoredPaths = [.. (IgnorePath ?? []).Select(SignatureArguments.GetIgnoredPath)],
            AllowsLinks = AllowSymlink,
        };
        string[] keys = [GetFilePath(PrivateKey!), .. (Certificate ?? []).Select(GetFilePath)];
        if (Checkpoints.Sources.OutputPath.IsAmong(output, [.. signature.GetInputs(StopToken), .. keys]))
        {
            WriteError(ErrorRecords.OutputIsInput(output));
            return;
        }

        if (!ShouldProcess(output, $"Write the signature of '{path}'"))
        {
            return;
        }

        key ??= SigningKey.Read(keys[0], keys[1..]);
        ProgressBar.Run(this, "Signing model", path, progress =>
        {
            signature.Write(key, progress, StopToken);
            return true;
        });
        written.Add(output);

        // With what Get-Item adds, which tables and the pipeline look for.
        WriteObject(InvokeProvider.Item.Get([output], force: true, literalPath: true), enumerateCollection: true);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            key?.Dispose();
        }

        base.Dispose(disposing);
    }
}
