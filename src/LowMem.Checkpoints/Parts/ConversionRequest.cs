using LowMem.Checkpoints.Conversion;

namespace LowMem.Checkpoints.Parts;

/// <summary>A conversion that parts share.</summary>
/// <param name="Plan">All that is written.</param>
/// <param name="Settings">How.</param>
public sealed record ConversionRequest(ConversionPlan Plan, ConversionSettings Settings);
