namespace LowMem.Checkpoints.Values.Slices;

/// <summary>One part of a slice, for one dimension or, of an ellipsis, for all those that nothing else is for.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">The index, or the first of a range; null for the beginning.</param>
/// <param name="Stop">The index behind the last; null for the end.</param>
/// <param name="Step">From one index to the next.</param>
internal readonly record struct SliceItem(SliceItemKind Kind, long? Start = null, long? Stop = null, long Step = 1);
