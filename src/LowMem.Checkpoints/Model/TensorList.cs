using System.Collections;

namespace LowMem.Checkpoints;

/// <summary>
/// The tensors of a checkpoint in the order of the file. A checkpoint of a hundred thousand tensors keeps them in fewer
/// bytes than their descriptions take, so that each description is made when it is asked for: a new one each time.
/// </summary>
public sealed class TensorList : IReadOnlyList<TensorInfo>
{
    private readonly List<(int Start, ITensorRun Run)> runs = [];

    internal TensorList()
    {
    }

    /// <summary>How many tensors there are.</summary>
    public int Count { get; private set; }

    /// <summary>The tensor at a place, counted from 0.</summary>
    /// <param name="index">The place.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    public TensorInfo this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            int low = 0;
            int high = runs.Count - 1;
            while (low < high)
            {
                int middle = (low + high + 1) / 2;
                (low, high) = runs[middle].Start <= index ? (middle, high) : (low, middle - 1);
            }

            return runs[low].Run.Get(index - runs[low].Start);
        }
    }

    /// <summary>Goes over the tensors.</summary>
    public IEnumerator<TensorInfo> GetEnumerator()
    {
        foreach (var (_, run) in runs)
        {
            for (int i = 0; i < run.Count; i++)
            {
                yield return run.Get(i);
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(TensorInfo tensor)
    {
        if (runs is not [.., (_, SingleTensors last)])
        {
            last = new SingleTensors();
            runs.Add((Count, last));
        }

        last.Tensors.Add(tensor);
        Count = checked(Count + 1);
    }

    internal void Add(ITensorRun run)
    {
        runs.Add((Count, run));
        Count = checked(Count + run.Count);
    }

    /// <summary>Tensors that are kept as they are listed.</summary>
    private sealed class SingleTensors : ITensorRun
    {
        public List<TensorInfo> Tensors { get; } = [];

        public int Count => Tensors.Count;

        public TensorInfo Get(int index) => Tensors[index];
    }
}
