namespace LowMem.Loader.Import.Binding;

/// <summary>How far an import has come.</summary>
/// <param name="BytesDone">The bytes copied so far.</param>
/// <param name="BytesTotal">The bytes to copy; 0 when everything is mapped in place.</param>
/// <param name="TensorsDone">The tensors made so far; those whose bytes are still to be copied count too.</param>
/// <param name="TensorsTotal">The tensors to make.</param>
public readonly record struct ImportProgress(long BytesDone, long BytesTotal, int TensorsDone, int TensorsTotal);
