using System.Globalization;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Objects;

/// <summary>
/// Quantised convolutions: their state is a tuple of all that they were made with, of which their state dict has four by
/// name (<c>torch/ao/nn/quantized/modules/conv.py</c>; the tuple is the same in TorchScript and since PyTorch 1.3).
/// </summary>
internal static class QuantizedModules
{
    private const int Weight = 10;
    private const int ZeroPoint = 13;

    private static readonly string[] StateNames = ["weight", "bias", "scale", "zero_point"];

    /// <summary>The parts of the state by name, the others by their places; null when the object is something else.</summary>
    public static IEnumerable<(string Name, PickleNode Node)>? Names(PickleObject made, IReadOnlyList<PickleNode> state) =>
        made.CallableName is { } name && IsConvolution(name) && state.Count > ZeroPoint
            ? state.Select((item, place) => (
                place is >= Weight and <= ZeroPoint ? StateNames[place - Weight] : place.ToString(CultureInfo.InvariantCulture), item))
            : null;

    /// <summary>Such as <c>torch.ao.nn.quantized.modules.conv.Conv2d</c> and <c>__torch__.torch.nn.intrinsic.quantized...ConvReLU2d</c>.</summary>
    private static bool IsConvolution(string name) =>
        name.Length <= RebuildArguments.LongestName
        && (name.StartsWith("torch.", StringComparison.Ordinal) || name.StartsWith("__torch__.torch.", StringComparison.Ordinal))
        && name.Contains(".quantized.", StringComparison.Ordinal)
        && name[(name.LastIndexOf('.') + 1)..].StartsWith("Conv", StringComparison.Ordinal);
}
