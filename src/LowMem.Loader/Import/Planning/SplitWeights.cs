using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Loader.Modules;

namespace LowMem.Loader.Import.Planning;

/// <summary>
/// Tells that a weight which is missing is in the checkpoint after all, in parts of which code makes it: a rename of one of them would
/// load other values.
/// </summary>
internal static class SplitWeights
{
    private const string Parametrized = "torch.nn.utils.parametrize.remove_parametrizations";

    // The names of the parts of "weight"; those of another tensor begin with its name. What keeps a weight so, and what undoes it in Python.
    private static readonly (string[] Parts, string By, string Undo)[] Kinds =
    [
        (["*_g", "*_v"], "weight norm", "torch.nn.utils.remove_weight_norm"),
        (["*_orig", "*_mask"], "pruning", "torch.nn.utils.prune.remove"),
        (["*_orig", "*_u"], "spectral norm", "torch.nn.utils.remove_spectral_norm"),
        (["parametrizations.*.original0"], "a parametrization", Parametrized),
        (["parametrizations.*.original"], "a parametrization", Parametrized),
        (["base_layer.*"], "an adapter such as LoRA", "merge_and_unload of PEFT"),
    ];

    private static readonly string[] Quantized = ["_packed_params._packed_params.0", "_packed_params", "qweight"];

    /// <summary>Adds to each mismatch about such a weight what it is, and what to do.</summary>
    /// <param name="missing">The mismatches, changed in place.</param>
    /// <param name="parameters">What each of them is about.</param>
    /// <param name="leftOver">What the module has no place for, by its name behind the prefix.</param>
    /// <returns>Whether there was any.</returns>
    public static bool Explain(
        List<ModelMismatch> missing, IReadOnlyList<ModuleParameter> parameters, IReadOnlyList<(string Name, TensorInfo Tensor)> leftOver)
    {
        var names = leftOver.Select(other => other.Name).ToHashSet(StringComparer.Ordinal);
        var any = false;
        for (var i = 0; i < missing.Count && names.Count > 0; i++)
        {
            if (Find(parameters[i], names) is { } advice)
            {
                missing[i] = missing[i] with { Advice = advice };
                any = true;
            }
        }

        return any;
    }

    private static string? Find(ModuleParameter parameter, HashSet<string> names)
    {
        var path = parameter.Key[..^parameter.Name.Length];
        foreach (var (parts, by, undo) in Kinds)
        {
            string[] keys = [.. parts.Select(part => path + part.Replace("*", parameter.Name, StringComparison.Ordinal))];
            if (Array.TrueForAll(keys, names.Contains))
            {
                return $"The checkpoint has what it is computed from, by {by}: {DisplayText.Names(keys, keys.Length)}. "
                    + $"Call {undo} in Python and save the model again, or use a module that computes it";
            }
        }

        return Array.Find(Quantized, name => names.Contains(path + name)) is { } quantized
            ? $"The checkpoint has it quantized, as {DisplayText.Name(path + quantized)}. Take the checkpoint of the model before it was quantized"
            : null;
    }
}
