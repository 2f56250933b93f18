using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Objects;

/// <summary>
/// A whole optimizer that was pickled: the keys of its state are the parameters themselves. Its <c>state_dict()</c> numbers
/// them in the order of the groups, and so do we.
/// </summary>
internal static class PickledOptimizer
{
    private const string State = "state";
    private const string Groups = "param_groups";
    private const string Parameters = "params";

    /// <summary>The dict of the state, and the numbers of the parameters; null when the object is no optimizer.</summary>
    public static (PickleNode State, Dictionary<PickleNode, int> Numbers)? TryNumber(PickleObject made)
    {
        if (PythonValues.AsAttributes(made.State) is not var (attributes, _)
            || attributes?.Find(State) is not { } state
            || attributes.Find(Groups) is not { } groups
            || PythonValues.AsDict(state) is null
            || PythonValues.AsSequence(groups) is not { } list)
        {
            return null;
        }

        var numbers = new Dictionary<PickleNode, int>(ReferenceEqualityComparer.Instance);
        foreach (var group in list)
        {
            if (PythonValues.AsDict(group)?.Find(Parameters) is { } parameters)
            {
                foreach (var parameter in PythonValues.AsSequence(parameters) ?? [])
                {
                    numbers.TryAdd(parameter, numbers.Count);
                }
            }
        }

        return (state, numbers);
    }
}
