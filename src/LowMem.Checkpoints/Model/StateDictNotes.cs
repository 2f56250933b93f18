namespace LowMem.Checkpoints;

/// <summary>What PyTorch keeps beside the tensors of a state dict, which is an OrderedDict with an attribute <c>_metadata</c>.</summary>
/// <param name="Prefix">What the keys of its tensors have in front, with the last dot; empty for the root.</param>
/// <param name="Modules">The version of the class of each module, by its key; null where none is noted. Null when there is no such attribute.</param>
internal sealed record StateDictNotes(string Prefix, IReadOnlyList<KeyValuePair<string, long?>>? Modules);
