namespace LowMem.Checkpoints;

/// <summary>Tensors that follow one another in a list, however they are kept.</summary>
internal interface ITensorRun
{
    int Count { get; }

    TensorInfo Get(int index);
}
