namespace LowMem.Loader.Import.Keys;

/// <summary>The keys that one tensor goes by in a state dict, and its shape.</summary>
/// <param name="Keys">Its keys; at least one. Any of them will do in the checkpoint.</param>
/// <param name="Shape">The size of each dimension.</param>
internal record KeyGroup(string[] Keys, long[] Shape);
