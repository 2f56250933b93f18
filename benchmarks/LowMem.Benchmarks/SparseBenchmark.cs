using System.Globalization;
using LowMem.Benchmarks.Cases;
using LowMem.CheckpointMaker;

namespace LowMem.Benchmarks;

/// <summary>Lists, maps and reads a checkpoint that is larger than the memory. Its file is sparse: nearly all of it is a hole.</summary>
internal sealed class SparseBenchmark : IBenchmark
{
    private const double GibiByte = 1 << 30;
    private const double MebiByte = 1 << 20;
    private const double MappedGrowth = 16;

    public string Name => "sparse";

    public Section Run(string directory, BenchmarkOptions options)
    {
        const string title = "A model larger than the memory";
        if (OperatingSystem.IsWindows())
        {
            return new Section(title, "Not measured: here a file has no holes unless a program asks for them.", []);
        }

        var path = Path.Combine(directory, "sparse.pt");
        try
        {
            var model = WideBoringModel.ForSize(options.SparseMebibytes);
            var free = new DriveInfo(directory).AvailableFreeSpace;
            model.Write(path, sparse: true);
            if (free - new DriveInfo(directory).AvailableFreeSpace > GibiByte)
            {
                return new Section(title, "Not measured: the file system of the temporary directory makes no holes in files.", []);
            }

            Console.Error.WriteLine($"A sparse file of {options.SparseMebibytes} MiB");
            return ToSection(title, model, CaseProcess.Run(CaseProcess.Own(SparseCase.Name, path)));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static Section ToSection(string title, WideBoringModel model, CaseResult result)
    {
        var gibibytes = model.GetByteLength() / GibiByte;
        var memory = Machine.GetMemory() / GibiByte;
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            A checkpoint of {gibibytes:0.0} GiB, {gibibytes / memory:0.0} times the memory: {result[Step.Listed].Value:0} tensors listed in {result[Step.Listed].Seconds * 1000:0} ms,
            {result[Step.Loaded].Value / GibiByte:0.0} GiB mapped in {result[Step.Loaded].Seconds * 1000:0} ms with a module made for them, and the values of the {result[Step.Used].Value:0} small
            tensors, which lie all over the file, read in {result[Step.Used].Seconds * 1000:0} ms, from the file and from the map, with the same result.
            """);
        return new Section(
            title,
            text,
            [
                new Target(
                    string.Create(CultureInfo.InvariantCulture, $"a checkpoint of {gibibytes:0} GiB, sparse, with {memory:0} GiB of memory"),
                    "listed, mapped, chosen tensors read",
                    string.Create(CultureInfo.InvariantCulture, $"{result[Step.Listed].Value:0} listed, {result[Step.Loaded].Value / GibiByte:0} GiB mapped, {result[Step.Used].Value:0} tensors read"),
                    result[Step.Loaded].Value == model.GetByteLength() && result[Step.Used].Value > 0),
                Target.AtMost("the same: private growth", result.PeakGrowth / MebiByte, MappedGrowth, "{0:0.0} MiB"),
            ]);
    }
}
