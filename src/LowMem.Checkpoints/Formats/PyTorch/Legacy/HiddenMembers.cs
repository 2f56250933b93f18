using LowMem.Checkpoints.Formats.Tar;
using LowMem.Checkpoints.IO;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety;

namespace LowMem.Checkpoints.Formats.PyTorch.Legacy;

/// <summary>
/// The members of a tar archive that no reader of PyTorch opens and that are pickles by name or by their first bytes:
/// those of other names, and the first of two with one name.
/// </summary>
internal static class HiddenMembers
{
    /// <summary>The most bytes that all of them together may have; more is a finding.</summary>
    private const long MaxLength = 64 << 20;

    public static IEnumerable<HiddenBytes> Read(
        CheckpointFileReader file, IEnumerable<TarMember> members, List<CheckpointFinding> findings)
    {
        long left = MaxLength;
        foreach (var member in members.Where(member => member.Length >= HiddenRecords.ProbeLength))
        {
            string name = PickleText.Shorten(member.Name);
            if (!HiddenRecords.IsNamedLikePickle(member.Name)
                && !HiddenRecords.StartsLikeContent(file.ReadRange(member.Offset, HiddenRecords.ProbeLength, $"member '{name}'")))
            {
                continue;
            }

            if (member.Length > left)
            {
                findings.Add(new CheckpointFinding(
                    FindingSeverity.Error,
                    FindingCodes.HiddenPickles,
                    null,
                    member.Offset,
                    $"member '{name}' looks like a pickle and was not read: there are too many bytes of such members"));
                continue;
            }

            left -= member.Length;
            yield return new HiddenBytes(file.ReadRange(member.Offset, member.Length, $"member '{name}'"), $"member '{name}'", IsPickle: true);
        }
    }
}
