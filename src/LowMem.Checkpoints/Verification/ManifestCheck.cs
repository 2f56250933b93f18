using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values.Division;

namespace LowMem.Checkpoints.Verification;

/// <summary>Compares a checkpoint with its manifest and names each difference.</summary>
internal sealed class ManifestCheck(CheckpointManifest manifest, HashPlan hashes)
{
    private readonly List<PlacedFinding> findings = [];

    /// <summary>The place of what is compared next, the same whoever compares.</summary>
    private long place;

    /// <summary>What came out, once everything has been read.</summary>
    /// <param name="share">What was read here.</param>
    public IEnumerable<PlacedFinding> Conclude(PlanShare share)
    {
        CompareFiles([.. hashes.GetFiles(share)], share.HasCommon);
        CompareTensors(hashes.GetTensors(share), share.HasCommon);
        return findings;
    }

    private void CompareFiles(List<HashPlan.Hashed<ManifestFile>> found, bool hasCommon)
    {
        // One file against one: a copy may go by another name.
        if (found.Count == 1 && manifest.Files.Count == 1)
        {
            Compare(manifest.Files[0], found[0]);
            return;
        }

        var byPath = found.ToDictionary(file => file.Item.Path, StringComparer.Ordinal);
        foreach (var expected in manifest.Files)
        {
            if (byPath.Remove(expected.Path, out var same))
            {
                Compare(expected, same);
            }
            else
            {
                Add(hasCommon, FindingCodes.ManifestMissing, null, $"the manifest has the file '{DisplayText.Name(expected.Path)}', the checkpoint has not");
            }
        }

        foreach (string path in byPath.Keys.Order(StringComparer.Ordinal))
        {
            Add(hasCommon, FindingCodes.ManifestUnexpected, null, $"the checkpoint has the file '{DisplayText.Name(path)}', the manifest has not");
        }
    }

    private void Compare(ManifestFile expected, HashPlan.Hashed<ManifestFile> hashed)
    {
        var found = hashed.Item;
        if (!hashed.IsHere)
        {
            place++;
        }
        else if (expected.Length != found.Length || expected.Sha256 != found.Sha256)
        {
            Add(
                true,
                FindingCodes.ManifestChanged,
                null,
                $"the file '{DisplayText.Name(found.Path)}' should be {expected.Length} bytes with SHA-256 {expected.Sha256}, "
                + $"and is {found.Length} bytes with {found.Sha256}");
        }
        else
        {
            place++;
        }
    }

    private void CompareTensors(IEnumerable<HashPlan.Hashed<ManifestTensor>> found, bool hasCommon)
    {
        // Several tensors may go by one key (1 and '1' in a dict): they are told apart by their order.
        var byKey = found.GroupBy(tensor => tensor.Item.Key, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => new Queue<HashPlan.Hashed<ManifestTensor>>(group), StringComparer.Ordinal);
        foreach (var expected in manifest.Tensors)
        {
            if (byKey.TryGetValue(expected.Key, out var queue) && queue.TryDequeue(out var same))
            {
                Compare(expected, same);
            }
            else
            {
                Add(
                    hasCommon,
                    FindingCodes.ManifestMissing,
                    expected.Key,
                    $"the manifest has the tensor '{DisplayText.Name(expected.Key)}' ({Describe(expected)}), the checkpoint has not");
            }
        }

        foreach (var tensor in byKey.Values.SelectMany(queue => queue).Select(hashed => hashed.Item).OrderBy(tensor => tensor.Key, StringComparer.Ordinal))
        {
            Add(
                hasCommon,
                FindingCodes.ManifestUnexpected,
                tensor.Key,
                $"the checkpoint has the tensor '{DisplayText.Name(tensor.Key)}' ({Describe(tensor)}), the manifest has not");
        }
    }

    private void Compare(ManifestTensor expected, HashPlan.Hashed<ManifestTensor> hashed)
    {
        var found = hashed.Item;
        if (!hashed.IsHere)
        {
            place++;
            return;
        }

        string key = DisplayText.Name(found.Key);
        if (expected.DType != found.DType || !expected.Shape.SequenceEqual(found.Shape))
        {
            Add(true, FindingCodes.ManifestChanged, found.Key, $"tensor '{key}' should be {Describe(expected)} and is {Describe(found)}");
        }
        else if (expected.Sha256 != found.Sha256)
        {
            Add(
                true,
                FindingCodes.ManifestChanged,
                found.Key,
                $"the values of tensor '{key}' should have SHA-256 {expected.Sha256 ?? "none"} and have {found.Sha256 ?? "none"}");
        }
        else
        {
            place++;
        }
    }

    private static string Describe(ManifestTensor tensor) =>
        $"{DisplayText.Name(tensor.DType)} [{string.Join(", ", tensor.Shape)}]";

    private void Add(bool isHere, string code, string? key, string message)
    {
        if (isHere)
        {
            findings.Add(new PlacedFinding(FindingSection.Manifest, place, 0, new CheckpointFinding(FindingSeverity.Error, code, key, null, message)));
        }

        place++;
    }
}
