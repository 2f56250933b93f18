using LowMem.Checkpoints.Containers.Tar;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Zip;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.PyTorch.Tar;

/// <summary>
/// The members of a tar archive that no reader of PyTorch opens - those of other names, and the first of two with one name -
/// and what is in no member.
/// </summary>
internal static class HiddenMembers
{
    /// <summary>The most bytes that all of them together may have; more is a finding.</summary>
    private const long MaxLength = 64 << 20;

    /// <param name="file">The file.</param>
    /// <param name="members">The members that no reader of PyTorch opens.</param>
    /// <param name="slack">What is in no member.</param>
    /// <param name="findings">Where what is too much is told.</param>
    public static IEnumerable<HiddenBytes> Read(
        RandomAccessSource file, IEnumerable<TarMember> members, IEnumerable<TarMember> slack, List<CheckpointFinding> findings)
    {
        long left = MaxLength;
        var named = members.Select(member => member with { Name = $"member '{DisplayText.Name(member.Name)}'" });
        foreach (var part in named.Concat(slack).Where(part => part.Length >= HiddenRecords.ProbeLength))
        {
            if (part.Length > left)
            {
                findings.Add(new CheckpointFinding(
                    FindingSeverity.Error,
                    FindingCodes.HiddenPickles,
                    null,
                    part.Offset,
                    $"{part.Name} was not looked through: there are too many bytes in the archive that no tensor uses"));
                continue;
            }

            byte[] bytes = file.ReadRange(part.Offset, part.Length, part.Name);
            if (PicklePayload.MayHoldPickle(bytes))
            {
                left -= part.Length;
                yield return new HiddenBytes(bytes, part.Name, IsPickle: true);
            }
        }
    }
}
