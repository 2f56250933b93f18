using LowMem.Checkpoints.Containers.Tar;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Tar;
using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.Archives;

/// <summary>A tar archive of files.</summary>
internal sealed class TarOuterArchive : OuterArchive
{
    private readonly List<CheckpointFinding> findings = [];
    private readonly IReadOnlyList<TarMember> all;
    private readonly IReadOnlyList<TarMember> slack = [];

    public TarOuterArchive(RandomAccessSource file, CancellationToken cancellationToken)
        : base(file)
    {
        var contents = TarDirectory.Read(file, findings, cancellationToken);
        all = contents.All;
        slack = contents.Slack;
    }

    /// <summary>Of an archive that may end early: the files whose names are there.</summary>
    private TarOuterArchive(RandomAccessSource file, IReadOnlyList<TarMember> all)
        : base(file) => this.all = all;

    /// <summary>What can be told of an archive of which only the start is there.</summary>
    public static TarOuterArchive OfStart(RandomAccessSource file, CancellationToken cancellationToken)
    {
        var found = new List<TarMember>();
        try
        {
            TarDirectory.Read(file, [], cancellationToken, found);
        }
        catch (CheckpointException)
        {
            // The last one found is cut.
        }

        return new TarOuterArchive(file, found);
    }

    public override IEnumerable<ArchiveMember> Members => all.Select((member, number) => new ArchiveMember(number, member.Name, member.Length));

    public override IReadOnlyList<CheckpointFinding> Findings => findings;

    public override RandomAccessSource Open(ArchiveMember member) => File.Slice(all[member.Number].Offset, all[member.Number].Length);

    public override byte[] ReadStart(ArchiveMember member, int length)
    {
        var place = all[member.Number];
        return File.ReadRange(place.Offset, Math.Min(length, Math.Min(place.Length, File.Length - place.Offset)), "the start of a member");
    }

    public override IEnumerable<HiddenBytes> ReadOthers(ArchiveMember member) =>
        HiddenMembers.Read(File, all.Where((_, number) => number != member.Number), slack, findings);
}
