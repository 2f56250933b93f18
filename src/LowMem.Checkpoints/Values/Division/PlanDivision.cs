using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace LowMem.Checkpoints.Values.Division;

/// <summary>Takes from a plan what is not of one part.</summary>
/// <param name="files">The ranges by file.</param>
/// <param name="planned">The tensors that are put together.</param>
/// <param name="empty">Who wants no bytes.</param>
/// <param name="inside">Who gets what another unfolds.</param>
/// <param name="gathered">Where the plan keeps what it puts together.</param>
internal sealed class PlanDivision(
    Dictionary<string, List<BlockRange>> files,
    IReadOnlyCollection<GatherJob> planned,
    List<IBlockConsumer> empty,
    Dictionary<IBlockConsumer, IBlockConsumer> inside,
    (Dictionary<TensorIdentity, GatherJob> Whole, List<GatherJob> Parts, Dictionary<(string Path, StorageExtent Storage), KeptStorage> Kept) gathered)
{
    private readonly List<PlanUnits.Need> needs = [];
    private readonly Dictionary<object, int> owners = new(ReferenceEqualityComparer.Instance);

    /// <inheritdoc cref="BlockPlan.Divide"/>
    public PlanShare Divide(int part, PartLoads loads, bool hasCommon)
    {
        CollectNeeds();
        var units = PlanUnits.Find(needs, owners.Count, out int[] unitOf);
        int[] partOf = UnitRuns.GiveOut(units, loads);
        var mine = new HashSet<IBlockConsumer>(ReferenceEqualityComparer.Instance);
        Keep(owner => unitOf[owners[owner]] is var unit && (unit < 0 ? hasCommon : partOf[unit] == part), hasCommon, mine);
        mine.UnionWith(inside.Where(pair => mine.Contains(pair.Value)).Select(pair => pair.Key).ToList());
        return PlanShare.Of(mine, hasCommon, Describe(units, partOf));
    }

    /// <summary>The storage that a tensor lies in, as it is in a file.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="owner">Who needs it.</param>
    internal static IEnumerable<PlanUnits.Need> GetNeeds(TensorInfo tensor, int owner)
    {
        foreach (var part in tensor.Chunks?.Select(chunk => chunk.Source) ?? [tensor])
        {
            if (part.Storage is { } storage
                && (storage.Deflated is { } packed ? (packed.Offset, packed.Length) : (storage.Offset, Length: storage.ByteLength)) is { Offset: >= 0, Length: > 0 } place)
            {
                yield return new PlanUnits.Need(part.Path, place.Offset, place.Offset + place.Length, owner);
            }
        }
    }

    private void CollectNeeds()
    {
        foreach (var (path, ranges) in files)
        {
            needs.AddRange(ranges.Select(range => new PlanUnits.Need(path, range.Start, range.End, OwnerOf(range.Consumer))));
        }

        foreach (var job in planned)
        {
            int owner = OwnerOf(job);
            needs.AddRange(job.Sources.SelectMany(source => GetNeeds(source, owner)));
        }
    }

    private int OwnerOf(object owner)
    {
        if (!owners.TryGetValue(owner, out int number))
        {
            owners.Add(owner, number = owners.Count);
        }

        return number;
    }

    private void Keep(Func<object, bool> isMine, bool hasCommon, HashSet<IBlockConsumer> mine)
    {
        foreach (string path in files.Keys.ToList())
        {
            files[path].RemoveAll(range => !isMine(range.Consumer));
            mine.UnionWith(files[path].Select(range => range.Consumer));
            if (files[path].Count == 0)
            {
                files.Remove(path);
            }
        }

        foreach (var job in planned.Where(job => isMine(job)))
        {
            mine.UnionWith(job.Consumers);
        }

        var (whole, parts, kept) = gathered;
        foreach (var (identity, _) in whole.Where(pair => !isMine(pair.Value)).ToList())
        {
            whole.Remove(identity);
        }

        parts.RemoveAll(job => !isMine(job));
        foreach (var (place, _) in kept.Where(pair => !mine.Contains(pair.Value)).ToList())
        {
            kept.Remove(place);
        }

        if (hasCommon)
        {
            mine.UnionWith(empty);
        }
        else
        {
            empty.Clear();
        }
    }

    private static string Describe(IReadOnlyList<PlanUnits.Unit> units, int[] partOf)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (number, unit) in units.Index())
        {
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"{Path.GetFileName(unit.Path)}\0{unit.Start}\0{unit.Bytes}\0{partOf[number]}\n")));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
