namespace LowMem.Loader.Meta;

/// <summary>What moving a module to the meta device did.</summary>
/// <param name="ParameterCount">How many parameters and buffers lost their values; tied ones count once.</param>
/// <param name="FreedBytes">The bytes those values took.</param>
public sealed record MoveResult(int ParameterCount, long FreedBytes);
