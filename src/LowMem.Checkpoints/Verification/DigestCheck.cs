using System.Globalization;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.Archives;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Division;

namespace LowMem.Checkpoints.Verification;

/// <summary>
/// Compares files with the digests that lie beside them: those of a <c>SHA256SUMS</c> file, and the names of blobs in the
/// cache of Hugging Face, which are the SHA-256 of what is in them.
/// </summary>
internal sealed class DigestCheck
{
    private readonly List<(CheckpointFile File, HashConsumer Hash, string Source, string Sha256)> comparisons = [];
    private readonly List<CheckpointFinding> findings = [];

    /// <exception cref="CheckpointException">A file of digests may not be read.</exception>
    public DigestCheck(Checkpoint checkpoint, FileHashes fileHashes)
    {
        var lists = new Dictionary<string, DigestList>(StringComparer.Ordinal);
        foreach (var file in checkpoint.AllFiles)
        {
            var expected = Find(file, checkpoint, lists).ToList();
            if (expected.Count > 0)
            {
                var hash = fileHashes.Get(file);
                comparisons.AddRange(expected.Select(digest => (file, hash, digest.Source, digest.Sha256)));
            }
            else if (checkpoint.Files.Contains(file))
            {
                CoversAll = false;
            }
        }

        foreach (var (path, list) in lists.Where(list => list.Value.FirstBadLine is not null))
        {
            findings.Add(new CheckpointFinding(
                FindingSeverity.Warning,
                FindingCodes.DigestsUnreadable,
                null,
                null,
                string.Create(CultureInfo.InvariantCulture, $"line {list.FirstBadLine} of '{DisplayText.Name(Path.GetFileName(path))}' is no SHA-256 of a file")));
        }
    }

    /// <summary>Whether there is a digest of every file that holds tensors.</summary>
    public bool CoversAll { get; private set; } = true;

    /// <summary>What came out, once everything has been read.</summary>
    /// <param name="share">What was read here.</param>
    public IEnumerable<PlacedFinding> Conclude(PlanShare share)
    {
        long place = 0;
        foreach (var finding in findings)
        {
            if (share.HasCommon)
            {
                yield return Place(finding);
            }

            place++;
        }

        foreach (var (file, hash, source, expected) in comparisons)
        {
            if (share.Has(hash) && hash.Sha256 != expected)
            {
                yield return Place(new CheckpointFinding(
                    FindingSeverity.Error,
                    FindingCodes.ChecksumMismatch,
                    null,
                    null,
                    $"the file '{DisplayText.Name(Path.GetFileName(file.Path))}' should have SHA-256 {expected} by {source}, and has {hash.Sha256}"));
            }

            place++;
        }

        foreach (var source in share.HasCommon ? comparisons.GroupBy(item => item.Source, StringComparer.Ordinal) : [])
        {
            int count = source.Count();
            yield return Place(new CheckpointFinding(
                FindingSeverity.Information,
                FindingCodes.DigestsUsed,
                null,
                null,
                string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "file was" : "files were")} compared with {source.Key}")));
            place++;
        }

        PlacedFinding Place(CheckpointFinding finding) => new(FindingSection.Digests, place, 0, finding);
    }

    private static IEnumerable<(string Source, string Sha256)> Find(CheckpointFile listed, Checkpoint checkpoint, Dictionary<string, DigestList> lists)
    {
        var (path, location) = (listed.Path, listed.Location);
        if (HubCache.FindDigest(path) is { } blob)
        {
            yield return ("the name of the blob in the Hugging Face cache", blob);
        }

        string directory = location.GetDirectory(path)!;
        string home = checkpoint.GetDirectory(location);
        foreach (string folder in new[] { directory, home }.Distinct(StringComparer.Ordinal))
        {
            string name = location.GetRelative(folder, path);
            foreach (string file in DigestList.FileNames.Append(Path.GetFileName(path) + ".sha256").Select(each => location.Combine(folder, each)))
            {
                if (!lists.TryGetValue(file, out var list))
                {
                    if (!location.FileExists(file))
                    {
                        continue;
                    }

                    lists.Add(file, list = DigestList.Read(location, file));
                }

                foreach (string sha256 in list.Find(name))
                {
                    yield return ($"'{DisplayText.Name(Path.GetFileName(file))}'", sha256);
                }
            }
        }
    }
}
