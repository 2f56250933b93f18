using LowMem.Checkpoints;
using LowMem.Loader.Import.Keys;
using LowMem.Loader.Modules;

namespace LowMem.Loader.Import.Planning;

/// <summary>What PyTorch's <c>load_state_dict</c> does for files of older versions of PyTorch, rule by rule.</summary>
/// <remarks>
/// Not done, because TorchSharp has no such module: the <c>u</c> and <c>v</c> of spectral norm, which PyTorch solves for, and
/// renamed parameters of quantised modules.
/// </remarks>
internal sealed class OlderFiles(Checkpoint checkpoint, StateDictSelection selection)
{
    private const string Counter = "num_batches_tracked";
    private const string Mean = "running_mean";

    // The version of batch and instance norm from which on their state dict has the counter.
    private const long CounterVersion = 2;

    /// <summary>
    /// Whether a tensor of a norm is the counter that files before PyTorch 0.4.1 do not have, or files whose writers dropped it and
    /// the versions of modules with it. It is 0 then (_NormBase._load_from_state_dict).
    /// </summary>
    /// <param name="parameter">A tensor of the module that the checkpoint does not have.</param>
    public bool StartsAtZero(ModuleParameter parameter)
    {
        if (parameter.Shape.Length > 0 || !IsCounter(parameter))
        {
            return false;
        }

        // By the name in the file, which may be another one: its module is the one whose version is noted.
        return selection.Tensors.TryGetValue(ModuleTree.Join(parameter.ModulePath, Mean), out var means)
            && means[0].Key is var mean
            && (!mean.EndsWith(Mean, StringComparison.Ordinal)
                || checkpoint.ModuleVersions.GetValueOrDefault(mean[..^Mean.Length].TrimEnd('.')) < CounterVersion);
    }

    /// <summary>Whether a tensor of a module counts the batches that a norm has seen.</summary>
    public static bool IsCounter(ModuleParameter parameter) => parameter is { IsBuffer: true, Name: Counter };

    /// <summary>Whether a name is that of a running mean or variance.</summary>
    public static bool IsRunningStatistic(string name) =>
        name.EndsWith(".running_mean", StringComparison.Ordinal) || name.EndsWith(".running_var", StringComparison.Ordinal);

    /// <summary>
    /// Finds the magnitude or direction of a weight under the names that <c>weight_norm</c> gave them before it became a
    /// parametrization (_weight_norm_compat_hook): <c>weight_g</c> and <c>weight_v</c>, if both are there.
    /// </summary>
    /// <param name="key">A key of the module that the checkpoint does not have.</param>
    /// <returns>The old name; null when there is none.</returns>
    public string? FindOldName(string key)
    {
        const string part = "parametrizations.";
        var end = key.Length - ".originalN".Length;
        if (end <= 0 || !key.AsSpan(end).StartsWith(".original", StringComparison.Ordinal) || key[^1] is not ('0' or '1'))
        {
            return null;
        }

        // PATH.parametrizations.NAME.original0
        var start = key.LastIndexOf(part, end - 1, StringComparison.Ordinal);
        if (start < 0 || (start > 0 && key[start - 1] != '.'))
        {
            return null;
        }

        var name = key[..start] + key[(start + part.Length)..end];
        return selection.Tensors.ContainsKey(name + "_g") && selection.Tensors.ContainsKey(name + "_v")
            ? name + (key[^1] == '0' ? "_g" : "_v")
            : null;
    }

    /// <summary>
    /// A tensor as the parameter takes it. One dimension of one element fits a parameter without dimensions: PyTorch 0.3 had none of
    /// those. (PyTorch also takes the first element of a longer one, which would drop the others without a word.)
    /// </summary>
    public static TensorInfo Fit(ModuleParameter parameter, TensorInfo tensor) =>
        parameter.Shape.Length == 0 && tensor is { Shape: [1], UnreadableReason: null } ? tensor with { Shape = [], Stride = [] } : tensor;
}
