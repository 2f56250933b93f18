namespace LowMem.Loader.Native.Packages;

/// <summary>How far an installation of libtorch is.</summary>
/// <param name="Stage">What is done now, in words.</param>
/// <param name="StageNumber">The stages begin at 1.</param>
/// <param name="BytesDone">The bytes that this stage has done.</param>
/// <param name="BytesTotal">The bytes that it will have done.</param>
public readonly record struct RuntimeProgress(string Stage, int StageNumber, long BytesDone, long BytesTotal);
