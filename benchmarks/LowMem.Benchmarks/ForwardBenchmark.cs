using System.Globalization;
using System.Text;
using LowMem.Benchmarks.Cases;
using LowMem.CheckpointMaker;

namespace LowMem.Benchmarks;

/// <summary>Whether it matters to a forward pass where the values lie, once all pages are warm.</summary>
internal sealed class ForwardBenchmark : IBenchmark
{
    private const double ForwardOverResident = 1.1;

    public string Name => "forward";

    public Section Run(string directory, BenchmarkOptions options)
    {
        var model = WideBoringModel.ForSize(options.Sizes[0]);
        var path = Path.Combine(directory, "forward.pt");
        try
        {
            model.Write(path);
            Console.Error.WriteLine($"Forward passes of {options.Sizes[0]} MiB");

            // The model twice, and the state dict that the naive way makes.
            var start = CaseProcess.Own(ForwardCase.Name, path, $"{model.Stages}", $"{model.Width}");
            return ToSection(model, CaseProcess.Run(start, memoryNeeded: 3 * model.GetByteLength()));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static Section ToSection(WideBoringModel model, CaseResult result)
    {
        var text = new StringBuilder();
        text.AppendLine(string.Create(
            CultureInfo.InvariantCulture,
            $"One float32 model of {model.GetByteLength() >> 20} MiB three times in one process, their passes in turn:"));
        text.AppendLine();
        text.AppendLine("| the values lie in | forward, ms | over resident |");
        text.AppendLine("|---|---:|---:|");
        Add("the memory of a resident load: large pages", LoadCase.Resident);
        Add("the mapped file: pages of the page cache", LoadCase.Mapped);
        Add("the C heap: small pages", ForwardCase.SmallPages);
        return new Section(
            "Forward",
            text.ToString(),
            [Target.AtMost(
                "mapped: forward over resident's, pages warm, in turn in one process",
                result[LoadCase.Mapped].Value,
                ForwardOverResident,
                "{0:0.00} times")]);

        void Add(string where, string kind) => text.AppendLine(string.Create(
            CultureInfo.InvariantCulture, $"| {where} | {result[kind].Seconds * 1000:0} | {result[kind].Value:0.00} |"));
    }
}
