using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Tensors;

/// <summary>
/// Reads the quantiser of <c>_rebuild_qtensor</c>: (scheme, scale, zero point) for a whole tensor, (scheme, scales,
/// zero points, axis) for one with channels, whose scales are tensors themselves.
/// </summary>
internal static class QuantizedTensors
{
    private const string Prefix = "torch.";
    private const string PerTensor = "per_tensor_";
    private const string PerChannel = "per_channel_affine";
    private const string PerChannelFloating = "per_channel_affine_float_qparams";

    /// <summary>Adds to a description of the stored integers what they stand for.</summary>
    public static TensorDescription Describe(TensorDescription stored, PickleNode quantizer)
    {
        if (PythonValues.AsSequence(quantizer) is not { Count: >= 3 } parameters
            || parameters[0] is not PickleGlobal { FullName: { Length: <= RebuildArguments.LongestName } fullName }
            || !fullName.StartsWith(Prefix, StringComparison.Ordinal))
        {
            throw Invalid("its quantiser is not named");
        }

        string scheme = DisplayText.Name(fullName[Prefix.Length..]);
        if (scheme.StartsWith(PerTensor, StringComparison.Ordinal))
        {
            return stored with
            {
                Quantization = new TensorQuantization(scheme) { Scale = Number(parameters[1]), ZeroPoint = Integer(parameters[2]) },
            };
        }

        if (parameters.Count < 4)
        {
            throw Invalid("its quantiser has no axis");
        }

        var zeroPoints = Part(parameters[2]);

        // PyTorch writes per_channel_affine for both kinds, and tells them apart by the type of the zero points.
        bool hasFloatingZeroPoints = TensorRebuilder.TypeOf(zeroPoints) is { Kind: DTypeKind.Floating };
        return stored with
        {
            Quantization = new TensorQuantization(scheme == PerChannel && hasFloatingZeroPoints ? PerChannelFloating : scheme)
            {
                Axis = Integer(parameters[3]),
            },
            Components = [("scales", Part(parameters[1])), ("zero_points", zeroPoints)],
        };
    }

    private static TensorDescription Part(PickleNode node) =>
        TensorRebuilder.TryDescribePart(node) ?? throw Invalid("its scales or zero points are no tensors");

    private static double Number(PickleNode node) => node switch
    {
        PickleScalar { Value: double value } => value,
        PickleScalar { Value: long value } => value,
        _ => throw Invalid("its scale is no number"),
    };

    private static long Integer(PickleNode node) =>
        node is PickleScalar { Value: long value } ? value : throw Invalid("its zero point or axis is no integer");

    private static TensorProblemException Invalid(string what) => new(FindingCodes.TensorInvalid, what);
}
