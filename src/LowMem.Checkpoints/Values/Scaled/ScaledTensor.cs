namespace LowMem.Checkpoints.Values.Scaled;

/// <summary>A tensor of codes and the scales that make numbers of them: <c>(code - zero point) * scale</c>.</summary>
public sealed record ScaledTensor
{
    /// <summary>The key of the numbers: that of the codes, or what the keys of codes and scales have in common.</summary>
    public required string Key { get; init; }

    /// <summary>One of <see cref="ScaleSchemes"/>.</summary>
    public required string Scheme { get; init; }

    /// <summary>The codes, as they are stored.</summary>
    public required TensorInfo Stored { get; init; }

    /// <summary>The shape of the numbers.</summary>
    public required IReadOnlyList<long> Shape { get; init; }

    /// <summary>Why the numbers are not known; null when they are.</summary>
    public string? Problem { get; init; }

    /// <summary>The scales; null when there is but one and it is <see cref="Scale"/>.</summary>
    internal TensorInfo? Scales { get; init; }

    /// <summary>The zero points, as many as scales; null when there is but one and it is <see cref="ZeroPoint"/>.</summary>
    internal TensorInfo? ZeroPoints { get; init; }

    internal double Scale { get; init; } = 1;

    internal double ZeroPoint { get; init; }

    /// <summary>The codes with the element type that they have.</summary>
    internal TensorInfo Codes => Scheme == ScaleSchemes.MxFloat4 ? Stored with { DType = "float4_e2m1fn_x2" } : Stored;

    internal ScaleGrid Grid { get; init; } = ScaleGrid.One(0);

    /// <summary>The stored tensors that are scales, and no numbers of their own.</summary>
    internal IEnumerable<string> ScaleKeys => Scales is null || Stored.Quantization is not null ? [] : [Scales.Key];

    /// <summary>Whether the last dimension of the numbers is several of the codes.</summary>
    internal bool IsPacked => Scheme == ScaleSchemes.MxFloat4;

    /// <inheritdoc/>
    public override string ToString() => $"{Diagnostics.DisplayText.Name(Key)}: {Scheme}";
}
