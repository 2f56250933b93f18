using System.Diagnostics;
using System.Management.Automation;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Exploring;
using LowMem.Checkpoints.Sources;
using LowMem.PowerShell.Pipeline;

namespace LowMem.PowerShell.Provider;

/// <summary>A drive over one checkpoint, which shows it as it was listed and says when it is no longer that.</summary>
internal sealed class CheckpointDrive : PSDriveInfo, IDisposable
{
    /// <summary>Looking at the files takes no more than one part in so many of the time: of a thousand shards, a look takes a while.</summary>
    private const int LookShare = 20;

    /// <summary>A look at so few files of this machine costs nothing; one that took long was held up by something else.</summary>
    private const int FewFiles = 16;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(2);

    private readonly Lock gate = new();
    private readonly RemoteAccess? remote;
    private readonly string name;
    private CheckpointListing listing;
    private TimeSpan lookTime;
    private long lastLook;
    private string? told;

    /// <param name="drive">What was asked for.</param>
    /// <param name="name">The full path of the checkpoint, or its address.</param>
    /// <param name="listing">What is in it.</param>
    /// <param name="remote">How its server is asked; disposed of with the drive.</param>
    public CheckpointDrive(PSDriveInfo drive, string name, CheckpointListing listing, RemoteAccess? remote)
        : base(
            drive.Name,
            drive.Provider,
            DrivePath.OfRoot(name),
            string.IsNullOrEmpty(drive.Description) ? DisplayText.Line(name) : drive.Description,
            drive.Credential,
            DisplayText.Line(name))
    {
        this.name = name;
        this.listing = listing;
        this.remote = remote;
        RootParts = DrivePath.Split(Root);
    }

    /// <summary>The parts of the path of the root.</summary>
    public IReadOnlyList<string> RootParts { get; }

    /// <summary>What was in the checkpoint when it was listed last.</summary>
    public CheckpointListing LastListing => listing;

    /// <summary>Whether nobody was told yet that the checkpoint is no longer what was listed.</summary>
    public bool IsNews(CheckpointException error) => Interlocked.Exchange(ref told, error.Detail) != error.Detail;

    /// <summary>Where the checkpoint is.</summary>
    public CheckpointLocation Source => listing.Location;

    /// <summary>What is in the checkpoint.</summary>
    /// <param name="again">Whether what changed is listed again.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <exception cref="CheckpointException">It is no longer what was listed, or cannot be read any more.</exception>
    public CheckpointListing GetListing(bool again, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (again)
            {
                listing = ListingCache.Shared.Get(listing.Location, name, cancellationToken);
                told = null;
                return listing;
            }

            var pause = LookShare * lookTime;
            bool isQuick = listing.Location == CheckpointLocation.Local && listing.Checkpoint.Files.Count <= FewFiles;
            if (lastLook != 0 && Stopwatch.GetElapsedTime(lastLook) < (isQuick && pause > LongestPause ? LongestPause : pause))
            {
                return listing;
            }

            long start = Stopwatch.GetTimestamp();
            try
            {
                listing.CheckUnchanged(cancellationToken);
            }
            catch (CheckpointException error)
            {
                // As long as nobody says that it may be another one, it is none.
                lastLook = 0;
                throw Explain(error);
            }

            lastLook = Stopwatch.GetTimestamp();
            lookTime = Stopwatch.GetElapsedTime(start, lastLook);
            return listing;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => remote?.Dispose();

    private CheckpointException Explain(CheckpointException error) => new(
        CheckpointErrorIds.Changed,
        error.Path,
        $"this is no longer what drive {Name} was made of: {error.Detail} Get-Item {Name}:/ -Force lists it again.",
        error);
}
