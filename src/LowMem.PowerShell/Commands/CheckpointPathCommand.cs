using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using LowMem.Checkpoints.Sources;
using LowMem.PowerShell.Completion;
using LowMem.PowerShell.Pipeline;
using LowMem.PowerShell.Provider;

namespace LowMem.PowerShell.Commands;

/// <summary>What the cmdlets share that read checkpoints: -Path with wildcards, -LiteralPath without.</summary>
public abstract class CheckpointPathCommand : CheckpointCommand
{
    /// <summary>The parameter set of -Path.</summary>
    protected const string PathSet = "Path";

    /// <summary>The parameter set of -LiteralPath.</summary>
    protected const string LiteralPathSet = "LiteralPath";

    /// <summary>The parameter set of -Uri, where a cmdlet has it.</summary>
    protected const string UriSet = "Uri";

    /// <summary>The checkpoints that tensors have named: all of one name it, and it is worked on once.</summary>
    private readonly HashSet<string> named = new(StringComparer.Ordinal);

    /// <summary>Files, shard indexes, directories, or files in archives; wildcards are expanded.</summary>
    [Parameter(
        Mandatory = true,
        Position = 0,
        ParameterSetName = PathSet,
        ValueFromPipeline = true,
        ValueFromPipelineByPropertyName = true,
        HelpMessage = "Checkpoint files, *.index.json files, or directories that hold one")]
    [CheckpointPaths]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ArchiveMemberCompleter))]
    [SupportsWildcards]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[] Path { get; set; } = [];

    /// <summary>Files, shard indexes, directories, or files in archives, taken as they are.</summary>
    [Parameter(
        Mandatory = true,
        ParameterSetName = LiteralPathSet,
        ValueFromPipelineByPropertyName = true,
        HelpMessage = "Checkpoint files, *.index.json files, or directories that hold one")]
    [Alias("PSPath", "LP")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ArchiveMemberCompleter))]
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "A cmdlet parameter.")]
    public string[] LiteralPath { get; set; } = [];

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        if (ParameterSetName == UriSet)
        {
            ProcessAddresses();
            return;
        }

        bool literal = ParameterSetName.StartsWith(LiteralPathSet, StringComparison.Ordinal);
        foreach (string path in literal ? LiteralPath : Path)
        {
            ForItem(path, () =>
            {
                foreach (string resolved in Resolve(path, literal))
                {
                    ForItem(resolved, () => Take(resolved));
                }
            });
            TellTraffic();
        }
    }

    /// <summary>Whether the cmdlet reads from servers.</summary>
    private protected virtual bool IsUriCommand => false;

    /// <summary>The addresses that were given.</summary>
    private protected virtual IEnumerable<string> GivenAddresses => [];

    /// <summary>Takes an address, and gives the name that it is called by from here on.</summary>
    private protected virtual string AddAddress(string uri) => uri;

    /// <summary>Says what was fetched of servers.</summary>
    private protected virtual void TellTraffic()
    {
    }

    /// <summary>Does the cmdlet's work for one file-system path.</summary>
    protected abstract void ProcessCheckpoint(string path);

    /// <summary>Takes a checkpoint, to be worked on now unless a cmdlet needs to know of all of them first.</summary>
    /// <param name="path">The checkpoint.</param>
    private protected virtual void Take(string path) => ProcessCheckpoint(path);

    /// <summary>Takes a tensor that names its checkpoint, to be worked on when all are there.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="key">The tensor; null when the object does not tell.</param>
    /// <returns>False to work on the checkpoint now, and once.</returns>
    protected virtual bool TakePart(string path, string? key) => false;

    /// <summary>Takes an item of a drive, to be worked on when all are there.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="selection">What of it is meant.</param>
    /// <returns>False to work on the checkpoint as a whole, once.</returns>
    private protected virtual bool TakeItem(string path, DriveSelection selection) => false;

    /// <summary>Told where a checkpoint is that an object names.</summary>
    private protected virtual void TakeLocation(string path, CheckpointLocation location)
    {
    }

    private void ProcessAddresses()
    {
        foreach (string uri in GivenAddresses)
        {
            // What was given may have a signature in it: errors name what is left without.
            ForItem(null, () =>
            {
                string name = AddAddress(uri);
                ForItem(name, () => Take(name));
            });
            TellTraffic();
        }
    }

    private IReadOnlyList<string> Resolve(string path, bool literal)
    {
        if (ObjectPath.GetOrigin(path) is { } origin)
        {
            string full = IsUriCommand && IsAddress(path) ? path : System.IO.Path.IsPathFullyQualified(path) ? path : FilePaths.Get(SessionState, path);
            if (origin.Selection is { } selection)
            {
                if (selection.Location is { } location)
                {
                    TakeLocation(full, location);
                }

                if (TakeItem(full, selection))
                {
                    return [];
                }
            }

            return origin.IsPart && (TakePart(full, origin.Key) || !named.Add(full)) ? [] : [full];
        }

        return ResolvePath(path, literal);
    }
}
