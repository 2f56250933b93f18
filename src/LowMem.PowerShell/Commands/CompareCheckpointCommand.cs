using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Security;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Comparison;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Verification;
using LowMem.PowerShell.Completion;
using LowMem.PowerShell.Errors;
using LowMem.PowerShell.Pipeline;

namespace LowMem.PowerShell.Commands;

/// <summary>Compare-Checkpoint: what differs between two checkpoints. Never loads libtorch.</summary>
[Cmdlet(VerbsData.Compare, "Checkpoint", DefaultParameterSetName = PathSet)]
[OutputType(typeof(CheckpointDifference), typeof(bool))]
public sealed class CompareCheckpointCommand : CheckpointCommand
{
    private const string PathSet = "Path";
    private const string DifferenceLiteralSet = "DifferenceLiteralPath";
    private const string ReferenceLiteralSet = "ReferenceLiteralPath";
    private const string LiteralSet = "LiteralPath";
    private const string UriSet = "Uri";
    private const string ReferenceUriSet = "ReferenceUri";
    private const string BothUriSet = "BothUri";

    private readonly HashSet<string> named = new(StringComparer.Ordinal);
    private Checkpoint? opened;
    private bool isOpenedWhole;
    private RemoteAccess? remote;

    /// <summary>What is compared with: one checkpoint.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = DifferenceLiteralSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = UriSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ArchiveMemberCompleter))]
    [SupportsWildcards]
    public string ReferencePath { get; set; } = string.Empty;

    /// <summary>What is compared with, its path taken as it is.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ReferenceLiteralSet)]
    [Parameter(Mandatory = true, ParameterSetName = LiteralSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ArchiveMemberCompleter))]
    public string ReferenceLiteralPath { get; set; } = string.Empty;

    /// <summary>What is compared with, at an address.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ReferenceUriSet)]
    [Parameter(Mandatory = true, ParameterSetName = BothUriSet)]
    [ValidateNotNullOrEmpty]
    public string ReferenceUri { get; set; } = string.Empty;

    /// <summary>What is compared, at addresses of web servers or of the hub.</summary>
    [Parameter(Mandatory = true, ParameterSetName = UriSet)]
    [Parameter(Mandatory = true, ParameterSetName = BothUriSet)]
    [ValidateNotNullOrEmpty]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[] Uri { get; set; } = [];

    /// <summary>What is compared, one checkpoint after the other.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = PathSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ReferenceLiteralSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ReferenceUriSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [CheckpointPaths]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ArchiveMemberCompleter))]
    [SupportsWildcards]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[] DifferencePath { get; set; } = [];

    /// <summary>What is compared, its path taken as it is.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DifferenceLiteralSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(Mandatory = true, ParameterSetName = LiteralSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ArchiveMemberCompleter))]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[] DifferenceLiteralPath { get; set; } = [];

    /// <summary>Which keys, as the reference calls them; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CheckpointKeyCompleter))]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[]? Key { get; set; }

    /// <summary>Rules that rename the difference's keys, or a script block that gives the reference's key for the one in <c>$_</c>.</summary>
    [Parameter]
    [ValidateNotNull]
    public object? KeyMap { get; set; }

    /// <summary>The distance of two numbers that is always allowed.</summary>
    [Parameter]
    [ValidateRange(0.0, double.PositiveInfinity)]
    public double AbsoluteTolerance { get; set; }

    /// <summary>What is allowed besides, as a part of the size of the reference's number.</summary>
    [Parameter]
    [ValidateRange(0.0, double.PositiveInfinity)]
    public double RelativeTolerance { get; set; }

    /// <summary>Tells what is equal as well.</summary>
    [Parameter]
    public SwitchParameter IncludeEqual { get; set; }

    /// <summary>Tells only whether the two are equal.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc cref="CheckpointUriCommand.Token"/>
    [Parameter]
    [ValidateNotNull]
    public SecureString? Token { get; set; }

    /// <inheritdoc cref="CheckpointUriCommand.Headers"/>
    [Parameter]
    [ValidateNotNull]
    [SuppressMessage("Usage", "CA2227:Collection properties should be read only", Justification = "A cmdlet parameter.")]
    public IDictionary? Headers { get; set; }

    /// <inheritdoc cref="CheckpointUriCommand.Endpoint"/>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Endpoint { get; set; }

    /// <inheritdoc cref="CheckpointUriCommand.AllowFullDownload"/>
    [Parameter]
    public SwitchParameter AllowFullDownload { get; set; }

    /// <inheritdoc cref="CheckpointUriCommand.AllowUnencrypted"/>
    [Parameter]
    public SwitchParameter AllowUnencrypted { get; set; }

    private RemoteAccess Remote => remote ??= new RemoteAccess(
        new RemoteArguments(Token, Headers, Endpoint, AllowFullDownload, AllowUnencrypted), readsAll: true, StopToken);

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (Quiet && IncludeEqual)
        {
            ThrowTerminatingError(ErrorRecords.ParametersExclusive(nameof(Quiet), nameof(IncludeEqual)));
        }

        if (KeyMap is not null && !KeyMapArgument.IsSupported(KeyMap))
        {
            ThrowTerminatingError(ErrorRecords.KeyMapUnsupported(KeyMap));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName is UriSet or BothUriSet)
        {
            foreach (string uri in Uri)
            {
                // What was given may have a signature in it: errors name what is left without.
                ForItem(null, () =>
                {
                    string name = Remote.Add(uri);
                    ForItem(name, () => Compare(name));
                });
                WriteLines(remote);
            }

            return;
        }

        bool isLiteral = ParameterSetName is DifferenceLiteralSet or LiteralSet;
        foreach (string path in isLiteral ? DifferenceLiteralPath : DifferencePath)
        {
            ForItem(path, () =>
            {
                foreach (string resolved in Resolve(path, isLiteral))
                {
                    ForItem(resolved, () => Compare(resolved));
                }
            });
            WriteLines(remote);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            remote?.Dispose();
        }

        base.Dispose(disposing);
    }

    private protected override CheckpointLocation LocationOf(string path) => IsAddress(path) ? Remote.Find(path) : CheckpointLocation.Local;

    private IReadOnlyList<string> Resolve(string path, bool isLiteral)
    {
        if (ObjectPath.GetOrigin(path) is not { } origin)
        {
            return ResolvePath(path, isLiteral);
        }

        // All tensors of a checkpoint name it once.
        string full = IsAddress(path) || System.IO.Path.IsPathFullyQualified(path) ? path : GetFilePath(path);
        return origin.IsPart && !named.Add(full) ? [] : [full];
    }

    private void Compare(string path)
    {
        var reference = OpenReference();
        var difference = OpenCheckpoint(path);
        var patterns = new NamePatterns(Key);
        var comparison = new CheckpointComparison(reference, difference, new ComparisonOptions
        {
            AbsoluteTolerance = AbsoluteTolerance,
            RelativeTolerance = RelativeTolerance,
            IncludesEqual = IncludeEqual,
            StopsAtFirst = Quiet,
            KeyMap = KeyMapArgument.CreateOrWarn(this, KeyMap, difference, prefix: string.Empty, StopToken),
            Includes = Key is null ? null : patterns.IsMatch,
        });
        if (comparison.FindHint() is { } hint)
        {
            WriteWarning($"{path}: no key of a tensor is in both. With -KeyMap @{{ '{hint.Pattern}' = '{hint.Replacement}' }}, {hint.Count} are.");
        }

        var result = ProgressBar.Run(this, "Comparing checkpoints", path, progress => comparison.Run(
            done => progress.Report(new VerificationProgress(done, comparison.ByteLength)), StopToken));
        bool isWhole = ReportFaults(difference) && isOpenedWhole;
        if (!Quiet)
        {
            WriteObject(result.Differences, enumerateCollection: true);
        }

        foreach (var fault in result.Faults)
        {
            WriteError(ErrorRecords.Of(fault, path));
        }

        ReportUnmatched(reference, path, patterns);
        if (Quiet)
        {
            WriteObject(isWhole && result.AreEqual && !patterns.Unmatched.Any() && !patterns.Invalid.Any());
        }
    }

    /// <summary>Opens what all are compared with once.</summary>
    private Checkpoint OpenReference()
    {
        if (ParameterSetName is ReferenceUriSet or BothUriSet)
        {
            if (opened is null)
            {
                opened = OpenCheckpoint(Remote.Add(ReferenceUri));
                isOpenedWhole = ReportFaults(opened);
            }

            return opened;
        }

        bool isLiteral = ParameterSetName is ReferenceLiteralSet or LiteralSet;
        string given = isLiteral ? ReferenceLiteralPath : ReferencePath;
        var paths = ResolvePath(given, isLiteral);
        if (paths.Count != 1)
        {
            throw new RefusedException(ErrorRecords.ReferenceAmbiguous(given, paths));
        }

        if (opened?.Path != paths[0])
        {
            opened = OpenCheckpoint(paths[0]);
            isOpenedWhole = ReportFaults(opened);
        }

        return opened;
    }
}
