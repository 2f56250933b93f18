namespace LowMem.CheckpointMaker;

/// <summary>The article's BoringModel, wide enough to weigh something: its state dict, and a checkpoint of it.</summary>
/// <param name="Stages">How many square layers it has.</param>
/// <param name="Width">Its hidden units.</param>
public sealed record WideBoringModel(int Stages, int Width)
{
    private const int DefaultStages = 64;

    /// <summary>A model of about a size; models of every size have equally many tensors.</summary>
    public static WideBoringModel ForSize(int mebibytes) =>
        new(DefaultStages, (int)Math.Sqrt(mebibytes * (double)(1 << 20) / sizeof(float) / DefaultStages));

    /// <summary>The keys and shapes, in order.</summary>
    public IReadOnlyList<(string Key, long[] Shape)> GetTensors() =>
    [
        ("in_proj.weight", [Width, 2]),
        ("in_proj.bias", [Width]),
        .. Enumerable.Range(0, Stages).SelectMany(i => new (string, long[])[]
        {
            ($"stages.{i}.weight", [Width, Width]),
            ($"stages.{i}.bias", [Width]),
        }),
        ("out_proj.weight", [2, Width]),
        ("out_proj.bias", [2]),
    ];

    /// <summary>The bytes of all values.</summary>
    public long GetByteLength() =>
        GetTensors().Sum(tensor => tensor.Shape.Aggregate((long)sizeof(float), (product, size) => product * size));

    /// <summary>Writes a checkpoint that PyTorch loads, with the same small random numbers every time.</summary>
    /// <param name="path">The file.</param>
    /// <param name="sparse">
    /// True to leave the square weights out: they are zeros that take no room on a disk that knows sparse files.
    /// </param>
    public void Write(string path, bool sparse = false)
    {
        var tensors = GetTensors();
        var random = new Random(1);
        StateDictFile.Write(path, tensors, (zip, record, index, count) =>
        {
            var seed = random.Next();
            if (sparse && tensors[index].Shape is [var rows, var columns] && rows == columns)
            {
                zip.AddZeros(record, count * sizeof(float));
            }
            else
            {
                zip.Add(record, RandomWeights.GetBlocks(count, seed), count * sizeof(float));
            }
        });
    }
}
