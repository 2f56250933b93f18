using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Comparison;

/// <summary>
/// Finds tensors that have another key and are the same: of equal type, shape and bytes. Only those are read that another one of
/// their type and shape is there for.
/// </summary>
internal sealed class RenameSearch
{
    /// <summary>After so many pairs of equal tensors to choose from, the order of the files decides.</summary>
    private const long MostChoices = 10_000_000;

    private readonly ILookup<string, TensorInfo> removed;
    private readonly ILookup<string, TensorInfo> added;
    private readonly List<string> kinds;

    /// <param name="removed">The tensors of the reference only.</param>
    /// <param name="added">Those of the difference only.</param>
    public RenameSearch(IEnumerable<TensorInfo> removed, IEnumerable<TensorInfo> added)
    {
        this.removed = removed.Where(CanBeHashed).ToLookup(Describe, StringComparer.Ordinal);
        this.added = added.Where(CanBeHashed).ToLookup(Describe, StringComparer.Ordinal);
        kinds = [.. this.removed.Select(group => group.Key).Where(this.added.Contains)];
    }

    /// <summary>The bytes that are read.</summary>
    public long ByteLength => kinds.Sum(kind => removed[kind].Concat(added[kind]).Sum(tensor => tensor.ByteLength));

    /// <summary>Reads the candidates, and tells which are the same.</summary>
    /// <param name="reference">Holds the files of the reference open.</param>
    /// <param name="difference">Holds the files of the difference open.</param>
    /// <param name="report">Told, from several threads, the bytes that have been dealt with.</param>
    /// <param name="cancellationToken">Ends it within a few blocks.</param>
    public List<(TensorInfo Reference, TensorInfo Difference)> Run(
        TensorDataReader reference, TensorDataReader difference, Action<long> report, CancellationToken cancellationToken)
    {
        var found = new List<(TensorInfo, TensorInfo)>();
        if (kinds.Count == 0)
        {
            return found;
        }

        var olds = Hash(reference, kinds.SelectMany(kind => removed[kind]), report, cancellationToken);
        var news = Hash(difference, kinds.SelectMany(kind => added[kind]), report, cancellationToken);
        long choices = 0;
        foreach (var group in olds)
        {
            var left = group.ToList();
            var right = new LinkedList<TensorInfo>(news[group.Key]);
            choices += (long)left.Count * right.Count;
            bool mayChoose = choices <= MostChoices;
            foreach (var old in left)
            {
                if (right.First is not { } best)
                {
                    break;
                }

                // Many biases are all zero: the one whose key ends in the same way is meant.
                for (var other = best.Next; mayChoose && other is not null; other = other.Next)
                {
                    best = CommonEnd(old.Key, other.Value.Key) > CommonEnd(old.Key, best.Value.Key) ? other : best;
                }

                found.Add((old, best.Value));
                right.Remove(best);
            }
        }

        return found;
    }

    private static bool CanBeHashed(TensorInfo tensor) =>
        tensor is { UnreadableReason: null, Layout: TensorLayouts.Strided, ElementCount: > 0, Components.Count: 0 };

    private static string Describe(TensorInfo tensor) => $"{tensor.DType} [{string.Join(",", tensor.Shape)}] {tensor.Quantization}";

    private static ILookup<string, TensorInfo> Hash(TensorDataReader reader, IEnumerable<TensorInfo> tensors, Action<long> report, CancellationToken cancellationToken)
    {
        var plan = new BlockPlan(reader);
        var hashes = new List<(TensorInfo Tensor, HashConsumer Hash)>();
        foreach (var tensor in tensors)
        {
            hashes.Add((tensor, new HashConsumer()));
            plan.Add(tensor, hashes[^1].Hash);
        }

        long told = 0;
        BlockPass.Run(plan, (done, _) => report(done - Interlocked.Exchange(ref told, done)), cancellationToken);
        return hashes.ToLookup(item => $"{item.Hash.Sha256} {Describe(item.Tensor)}", item => item.Tensor, StringComparer.Ordinal);
    }

    private static int CommonEnd(string one, string other)
    {
        int length = 0;
        while (length < one.Length && length < other.Length && one[^(length + 1)] == other[^(length + 1)])
        {
            length++;
        }

        return length;
    }
}
