namespace LowMem.Loader.Import.Keys;

/// <summary>The part of a checkpoint that was taken for the state dict, and what else could have been.</summary>
/// <param name="Prefix">What its keys have in front, with the last dot; empty when the checkpoint is the state dict itself.</param>
/// <param name="Others">The prefixes of other parts that look like state dicts of a model: moving averages, other networks.</param>
public sealed record StateDictChoice(string Prefix, IReadOnlyList<string> Others);
