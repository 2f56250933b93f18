namespace LowMem.Checkpoints.Values.Scaled;

/// <summary>The names of the ways in which codes and scales stand for numbers. PyTorch's own have PyTorch's names.</summary>
public static class ScaleSchemes
{
    /// <summary>float8 with one scale for each block of a matrix, as <c>X_scale_inv</c>.</summary>
    public const string Float8Block = "fp8-block";

    /// <summary>float8 with one scale for the whole tensor.</summary>
    public const string Float8Tensor = "fp8-tensor";

    /// <summary>float8 with one scale for each row.</summary>
    public const string Float8Channel = "fp8-channel";

    /// <summary>Pairs of e2m1 codes with an exponent for each 32, as <c>X_blocks</c> and <c>X_scales</c>.</summary>
    public const string MxFloat4 = "mxfp4";

    /// <summary>PyTorch's integers with one scale and zero point.</summary>
    public const string PerTensorAffine = "per_tensor_affine";

    /// <summary>PyTorch's integers with a scale and zero point for each index of a dimension.</summary>
    public const string PerChannelAffine = "per_channel_affine";

    /// <summary>The same with zero points that are no integers.</summary>
    public const string PerChannelAffineFloat = "per_channel_affine_float_qparams";

    /// <summary>There are scales, and what they mean is not known here.</summary>
    public const string Unknown = "unknown";
}
