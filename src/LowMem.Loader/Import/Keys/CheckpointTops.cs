using LowMem.Checkpoints.Keys;

namespace LowMem.Loader.Import.Keys;

/// <summary>What is at the top of a checkpoint: the first names of its keys, and what each of them holds.</summary>
internal sealed class CheckpointTops
{
    private readonly Dictionary<string, Top> tops = new(StringComparer.Ordinal);

    public CheckpointTops(IEnumerable<string> keys, IEnumerable<string> values)
    {
        foreach (var key in keys)
        {
            var name = KeyPrefix.GetTop(key);
            var lookup = tops.GetAlternateLookup<ReadOnlySpan<char>>();
            if (!lookup.TryGetValue(name, out var top))
            {
                tops.Add(name.ToString(), top = new Top(name.ToString()));
            }

            top.Add(key);
        }

        var hasGroups = false;
        foreach (var key in values)
        {
            hasGroups |= key.StartsWith("param_groups.", StringComparison.Ordinal);
            var name = KeyPrefix.GetTop(key).ToString();
            HasTraining |= TrainingState.IsCounter(name) || (name.EndsWith('.') && TrainingState.IsOptimizerKey(key, name));
            if (tops.TryGetValue(name, out var top))
            {
                top.IsOptimizer |= TrainingState.IsOptimizerKey(key, name);
            }
        }

        HasTraining |= tops.Values.Any(top => top.IsOptimizer);
        IsOptimizer = hasGroups && tops.Keys.All(top => top == "state.");
    }

    /// <summary>Whether the state of a training is there: an optimizer, or a counter of epochs.</summary>
    public bool HasTraining { get; }

    /// <summary>The names of dicts that may be state dicts of models, with their dots.</summary>
    public IEnumerable<string> Dicts => tops.Values.Where(top => top.IsDict && !IsTraining(top)).Select(top => top.Name);

    /// <summary>Whether all of it is the state of an optimizer: state.0.exp_avg, param_groups.0.lr.</summary>
    public bool IsOptimizer { get; }

    /// <summary>Whether tensors lie outside of all dicts.</summary>
    public bool HasLeaves => tops.Values.Any(top => !top.IsDict && !IsTraining(top));

    /// <summary>Whether tensors belong to the training.</summary>
    public bool HasTrainingTensors => tops.Values.Any(IsTraining);

    /// <summary>Whether two dicts have the same keys, as a model and its moving average have.</summary>
    public bool AreAlike(string left, string right) => tops[left].Count == tops[right].Count && tops[left].Hash == tops[right].Hash;

    private bool IsTraining(Top top) => top.IsOptimizer || (HasTraining && TrainingState.IsName(top.Name.TrimEnd('.')));

    private sealed class Top(string name)
    {
        public string Name => name;

        public bool IsDict => name.EndsWith('.');

        public bool IsOptimizer { get; set; }

        public int Count { get; private set; }

        /// <summary>The same for the same keys in any order.</summary>
        public long Hash { get; private set; }

        public void Add(string key)
        {
            Count++;
            Hash = unchecked(Hash + string.GetHashCode(key.AsSpan(name.Length), StringComparison.Ordinal));
            IsOptimizer |= IsDict && TrainingState.IsOptimizerKey(key, name);
        }
    }
}
