namespace LowMem.CheckpointMaker;

/// <summary>A checkpoint of many small tensors, where what counts is the cost of a tensor and not that of a byte.</summary>
public static class SmallTensors
{
    private const int TensorsPerLayer = 10;
    private const int Length = 16;

    /// <summary>Writes a checkpoint that PyTorch loads.</summary>
    /// <param name="path">The file.</param>
    /// <param name="count">How many tensors it is to have.</param>
    public static void Write(string path, int count)
    {
        var tensors = Enumerable.Range(0, count)
            .Select(i => ($"layers.{i / TensorsPerLayer}.p{i % TensorsPerLayer}", new long[] { Length }))
            .ToList();
        StateDictFile.Write(path, tensors, static (zip, record, index, elements) =>
            zip.Add(record, RandomWeights.GetBlocks(elements, index), elements * sizeof(float)));
    }
}
