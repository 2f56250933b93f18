using System.Globalization;
using System.Text.RegularExpressions;

namespace LowMem.Checkpoints.Formats.Distributed;

/// <summary>
/// The name of a file in which one process kept its pieces: <c>SHARDED_FILE_NAME</c> of torch/distributed/checkpoint/_hf_utils.py.
/// </summary>
/// <param name="Shard">The process, from 1.</param>
/// <param name="Model">The file that its tensors will be in once they are put together, from 1.</param>
/// <param name="ModelCount">How many of those there will be.</param>
internal sealed partial record PieceName(int Shard, int Model, int ModelCount)
{
    /// <summary>A number in a name may be a million too high; a few say enough.</summary>
    private const int MostNamed = 20;

    public static PieceName? TryParse(string name)
    {
        var match = Pattern().Match(name);
        return match.Success ? new PieceName(Number(1), Number(2), Number(3)) : null;

        int Number(int group) => int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
    }

    /// <summary>What is missing among the numbers of a set of files, as the start of a name; none when nothing is.</summary>
    public static IEnumerable<string> FindMissing(IReadOnlyCollection<PieceName> names)
    {
        var shards = names.Select(name => name.Shard).ToHashSet();
        var models = names.Select(name => name.Model).ToHashSet();
        return Enumerable.Range(1, names.Select(name => name.Shard).DefaultIfEmpty(0).Max())
            .Where(shard => !shards.Contains(shard))
            .Take(MostNamed)
            .Select(shard => $"shard-{shard:D5}-model-*")
            .Concat(Enumerable.Range(1, names.Select(name => name.ModelCount).DefaultIfEmpty(0).Max())
                .Where(model => !models.Contains(model))
                .Take(MostNamed)
                .Select(model => $"shard-*-model-{model:D5}-*"));
    }

    [GeneratedRegex(@"^shard-([0-9]{1,7})-model-([0-9]{1,7})-of-([0-9]{1,7})\.safetensors$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
