using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Verification.Signing.Hashing;

namespace LowMem.Checkpoints.Verification.Signing;

/// <summary>What is in one file, as it was signed: whole, or in ranges of one length.</summary>
/// <param name="resources">What was signed of the file, in the order of its bytes.</param>
/// <param name="type">What it was hashed by.</param>
/// <param name="shardSize">The length of the ranges; null when the file is whole.</param>
internal sealed class SignedContent(SignedResource[] resources, SignedHashType type, long? shardSize)
{
    private Func<byte[]?>[] digests = [];

    /// <summary>Whether all of it has been read.</summary>
    public bool IsRead => digests.Length > 0 && digests.All(digest => digest() is not null);

    /// <summary>
    /// Whether a file of that length can be what was signed: the ranges follow each other from the start, all of the length that
    /// was agreed on but the last.
    /// </summary>
    public bool Covers(long length)
    {
        if (shardSize is not { } size)
        {
            return resources.Length == 1;
        }

        long next = 0;
        for (int i = 0; i < resources.Length; i++)
        {
            long part = resources[i].End!.Value - resources[i].Start;
            if (resources[i].Start != next || part > size || (part < size && i < resources.Length - 1))
            {
                return false;
            }

            next = resources[i].End!.Value;
        }

        return next == length;
    }

    /// <summary>Wants all of the file.</summary>
    /// <param name="plan">Takes the ranges.</param>
    /// <param name="file">The file; its length is one that <see cref="Covers"/>.</param>
    public void Plan(BlockPlan plan, RandomAccessSource file)
    {
        digests = [.. resources.Select(resource =>
        {
            var digest = new DigestConsumer(type);
            plan.Add(file.Name, resource.Start, (resource.End ?? file.Length) - resource.Start, digest);
            return (Func<byte[]?>)(() => digest.Digest);
        })];
    }

    /// <summary>Takes the SHA-256 that is computed of the whole file anyway.</summary>
    public void Plan(HashConsumer hash) => digests = [() => hash.Sha256 is { } digest ? Convert.FromHexString(digest) : null];

    /// <summary>Whether the SHA-256 of the whole file is what was signed.</summary>
    public bool IsSha256 => shardSize is null && type == SignedHashType.Sha256;

    /// <summary>What differs, once it has been read.</summary>
    /// <param name="shown">The name of the file, for a message.</param>
    public IEnumerable<CheckpointFinding> Compare(string shown)
    {
        for (int i = 0; i < resources.Length; i++)
        {
            byte[] found = digests[i]()!;
            if (!resources[i].Digest.AsSpan().SequenceEqual(found))
            {
                string range = shardSize is null ? string.Empty : $" from byte {resources[i].Start} to {resources[i].End}";
                yield return new CheckpointFinding(
                    FindingSeverity.Error,
                    FindingCodes.SignatureFileChanged,
                    null,
                    shardSize is null ? null : resources[i].Start,
                    $"the file '{shown}' is not what was signed: its {type.Title}{range} should be "
                    + $"{Convert.ToHexStringLower(resources[i].Digest)} and is {Convert.ToHexStringLower(found)}");
            }
        }
    }
}
