using static TorchSharp.torch;

namespace LowMem.Loader.Modules;

/// <summary>Groups the entries of a module that are the same tensor.</summary>
/// <remarks>
/// The tensor C++ computes with counts as well: on the meta device TorchSharp gives a module such as Embedding a
/// second tensor, while <c>linear.weight = embedding.weight</c> still takes the first.
/// </remarks>
internal sealed class TieMap
{
    private readonly Dictionary<nint, List<ModuleParameter>> groups = [];

    /// <summary>The group that a tensor belongs to, with the entries found so far; a new one when it is the first.</summary>
    public List<ModuleParameter> Find(Tensor tensor, NativeTensor? native)
    {
        var managed = TensorIdentity.Get(tensor);
        var used = native is null ? managed : TensorIdentity.Get(native.Used);
        if (!groups.TryGetValue(managed, out var group) && !groups.TryGetValue(used, out group))
        {
            group = [];
        }

        groups[managed] = group;
        groups[used] = group;
        return group;
    }

    /// <summary>Adds an entry to the group it was described with.</summary>
    public void Add(ModuleParameter parameter) => ((List<ModuleParameter>)parameter.Ties).Add(parameter);
}
