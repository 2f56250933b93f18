using LowMem.Checkpoints;

namespace LowMem.Loader.Import.Planning;

/// <summary>Tells which tensors of a load are views of the same elements: those are kept once, whatever their number of keys.</summary>
internal static class DistinctTensors
{
    /// <summary>The first of each group of tensors that share their elements, in order.</summary>
    /// <param name="tensors">What is to be loaded.</param>
    /// <param name="describe">The tensor of the checkpoint, and the name of the element type that it is to have.</param>
    public static IEnumerable<T> Find<T>(IEnumerable<T> tensors, Func<T, (TensorInfo Source, string Target)> describe)
    {
        var known = new Dictionary<(string Path, string Storage), List<(TensorInfo Source, string Target)>>();
        foreach (var tensor in tensors)
        {
            var (source, target) = describe(tensor);
            var place = (source.Path, source.StorageKey ?? source.Key);
            if (!known.TryGetValue(place, out var sameStorage))
            {
                known.Add(place, sameStorage = []);
            }

            if (!sameStorage.Exists(other => other.Target == target && TensorEquality.AreSameView(other.Source, source)))
            {
                sameStorage.Add((source, target));
                yield return tensor;
            }
        }
    }
}
