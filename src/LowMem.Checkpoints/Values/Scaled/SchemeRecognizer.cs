using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Values.Scaled;

/// <summary>Tells the scheme of one tensor by what is beside it.</summary>
internal sealed class SchemeRecognizer
{
    private const long DefaultBlock = 128;
    private const string Blocks = "_blocks";

    /// <summary>An exponent of MXFP4 is for 32 codes, two to a byte.</summary>
    private const long MxBytes = 16;

    /// <summary>Names beside packed or scaled weights by which known tools keep what they need: GPTQ, AWQ, bitsandbytes, NVFP4 and others.</summary>
    private static readonly string[] OtherScales =
    [
        "_scale", "_scale_inv", "_scale_2", "_global_scale", "_zero_point", ".absmax", ".quant_map", "_scb", ".scales",
        ".quant_state.bitsandbytes__nf4", ".quant_state.bitsandbytes__fp4",
    ];

    private static readonly string[] OtherScalesOfLayer = ["scales", "qzeros", "SCB", "g_idx", "weight_scale", "weight_scale_2", "weight_global_scale"];

    private readonly Dictionary<string, TensorInfo> tensors = new(StringComparer.Ordinal);
    private readonly QuantizationConfig config;

    public SchemeRecognizer(IReadOnlyList<TensorInfo> all, QuantizationConfig config)
    {
        this.config = config;
        foreach (var tensor in all)
        {
            tensors.TryAdd(tensor.Key, tensor);
        }
    }

    /// <summary>Whether a tensor of that type may be codes.</summary>
    public static bool MayHaveScales(TensorInfo tensor) => tensor.Layout == TensorLayouts.Strided
        && (tensor.Quantization is not null || tensor.DType is "uint8" or "int8" or "int32" || IsFloat8(tensor.DType));

    /// <summary>The scheme; null when there are no scales.</summary>
    public ScaledTensor? Recognize(TensorInfo tensor) => tensor switch
    {
        { Quantization: { } quantization } => RecognizeQuantized(tensor, quantization),
        _ when IsFloat8(tensor.DType) => RecognizeFloat8(tensor),
        { DType: "uint8" } when tensor.Key.EndsWith(Blocks, StringComparison.Ordinal) && Find(tensor.Key[..^Blocks.Length] + "_scales") is { } scales =>
            RecognizeMx(tensor, scales),
        _ => FindOther(tensor) is { } other ? Unknown(tensor, $"integers with '{DisplayText.Name(other)}' beside them are of no scheme known here") : null,
    };

    private static bool IsFloat8(string type) => type is "float8_e4m3fn" or "float8_e5m2" or "float8_e4m3fnuz" or "float8_e5m2fnuz";

    private static bool IsFloating(TensorInfo tensor) => DType.Find(tensor.DType) is { Kind: DTypeKind.Floating, BitSize: >= 8 } && tensor.DType != "float4_e2m1fn_x2";

    private ScaledTensor RecognizeQuantized(TensorInfo tensor, TensorQuantization quantization)
    {
        if (DType.Find(tensor.DType) is not { BitSize: >= 8 })
        {
            return Unknown(tensor, $"elements of type {tensor.DType} are not read");
        }

        if (quantization is { Scheme: ScaleSchemes.PerTensorAffine, Scale: { } scale, ZeroPoint: { } zero })
        {
            return Make(tensor, quantization.Scheme, ScaleGrid.One(tensor.Shape.Length), null) with { Scale = scale, ZeroPoint = zero };
        }

        if (quantization is { Scheme: ScaleSchemes.PerChannelAffine or ScaleSchemes.PerChannelAffineFloat, Axis: >= 0 and var axis }
            && axis < tensor.Shape.Length
            && tensor.Components.GetValueOrDefault("scales") is { UnreadableReason: null } scales
            && tensor.Components.GetValueOrDefault("zero_points") is { UnreadableReason: null } zeros
            && scales.ElementCount == tensor.Shape[axis]
            && zeros.ElementCount == tensor.Shape[axis])
        {
            return Make(tensor, quantization.Scheme, ScaleGrid.OfAxis(tensor.Shape, (int)axis), scales) with { ZeroPoints = zeros };
        }

        return Unknown(tensor, $"the quantisation '{DisplayText.Name(quantization.Scheme)}' of PyTorch is not known here, or its scales are not there");
    }

    private ScaledTensor? RecognizeFloat8(TensorInfo tensor)
    {
        var inverse = Find(tensor.Key + "_scale_inv");
        var plain = Find(tensor.Key + "_scale");
        string[] others = [.. OtherScales[2..].Select(name => tensor.Key + name).Where(tensors.ContainsKey)];
        if (others.Length > 0)
        {
            return Unknown(tensor, $"'{DisplayText.Name(others[0])}' beside float8 is of no scheme known here");
        }

        if ((inverse ?? plain) is not { } scales)
        {
            return null;
        }

        if (inverse is not null && plain is not null)
        {
            return Unknown(tensor, $"there are two scales, '{DisplayText.Name(inverse.Key)}' and '{DisplayText.Name(plain.Key)}'");
        }

        if (!IsFloating(scales) || scales.UnreadableReason is not null || scales.Layout != TensorLayouts.Strided)
        {
            return Unknown(tensor, $"the scales '{DisplayText.Name(scales.Key)}' are of type {scales.DType}, or cannot be read");
        }

        int rank = tensor.Shape.Length;
        var (rows, columns) = config.BlockSize ?? (DefaultBlock, DefaultBlock);
        if (inverse is not null && rank >= 2)
        {
            long[] blocks = [.. Enumerable.Repeat(1L, rank - 2), rows, columns];
            if (scales.Shape.AsSpan().SequenceEqual(ScaleGrid.CountBlocks(tensor.Shape, blocks)))
            {
                return Make(tensor, ScaleSchemes.Float8Block, ScaleGrid.Of(tensor.Shape, blocks), scales);
            }
        }

        if (scales.ElementCount == 1)
        {
            return Make(tensor, ScaleSchemes.Float8Tensor, ScaleGrid.One(rank), scales);
        }

        bool isColumn = scales.Shape.Length == 2 && scales.Shape[1] == 1;
        if (inverse is null && rank == 2 && (scales.Shape.Length == 1 || isColumn) && scales.Shape[0] == tensor.Shape[0])
        {
            return Make(tensor, ScaleSchemes.Float8Channel, ScaleGrid.OfAxis(tensor.Shape, 0), scales);
        }

        return Unknown(
            tensor,
            $"scales '{DisplayText.Name(scales.Key)}' of shape [{string.Join(", ", scales.Shape)}] do not fit [{string.Join(", ", tensor.Shape)}] in blocks of {rows} x {columns}; 'weight_block_size' in config.json says which blocks there are");
    }

    private ScaledTensor RecognizeMx(TensorInfo tensor, TensorInfo scales)
    {
        bool isKnownMethod = config.Method is null or "mxfp4";
        if (!isKnownMethod
            || scales.DType is not ("uint8" or "float8_e8m0fnu")
            || scales is not { UnreadableReason: null, Layout: TensorLayouts.Strided }
            || tensor.Shape is not [.., MxBytes]
            || !scales.Shape.AsSpan().SequenceEqual(tensor.Shape.AsSpan(0, tensor.Shape.Length - 1)))
        {
            return Unknown(
                tensor,
                $"blocks of shape [{string.Join(", ", tensor.Shape)}] and scales of shape [{string.Join(", ", scales.Shape)}] and type {scales.DType} are not those of mxfp4{(isKnownMethod ? string.Empty : $", and config.json says '{DisplayText.Name(config.Method)}'")}");
        }

        int rank = tensor.Shape.Length;
        long[] blocks = [.. Enumerable.Repeat(1L, rank - 1), MxBytes];
        string key = tensor.Key[..^Blocks.Length];
        return rank < 2 || Int128.Abs((Int128)tensor.Shape[^2] * MxBytes * 2) > long.MaxValue
            ? Unknown(tensor, "its shape is not that of mxfp4")
            : Make(tensor, ScaleSchemes.MxFloat4, ScaleGrid.Of(tensor.Shape, blocks), scales) with
            {
                Key = tensors.ContainsKey(key) ? tensor.Key : key,
                Shape = [.. tensor.Shape[..^2], tensor.Shape[^2] * MxBytes * 2],
            };
    }

    private string? FindOther(TensorInfo tensor)
    {
        string layer = tensor.Key[..(tensor.Key.LastIndexOf('.') + 1)];
        bool isWeight = tensor.Key[layer.Length..] is "weight" or "qweight" or "weight_packed";
        return OtherScales.Select(name => tensor.Key + name).Concat(isWeight ? OtherScalesOfLayer.Select(name => layer + name) : [])
            .FirstOrDefault(key => key != tensor.Key && tensors.ContainsKey(key));
    }

    private TensorInfo? Find(string key) => tensors.GetValueOrDefault(key);

    private static ScaledTensor Make(TensorInfo tensor, string scheme, ScaleGrid grid, TensorInfo? scales) =>
        new() { Key = tensor.Key, Scheme = scheme, Stored = tensor, Shape = tensor.Shape, Grid = grid, Scales = scales };

    private static ScaledTensor Unknown(TensorInfo tensor, string problem) =>
        new() { Key = tensor.Key, Scheme = ScaleSchemes.Unknown, Stored = tensor, Shape = tensor.Shape, Problem = problem };
}
