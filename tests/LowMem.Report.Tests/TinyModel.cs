using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Comparison;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Reporting.Pages;
using LowMem.Checkpoints.Values.Statistics;
using LowMem.Checkpoints.Verification;

namespace LowMem.Report.Tests;

/// <summary>Small checkpoints in a directory of their own, and pages of them.</summary>
internal sealed class TinyModel : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("lowmem-report-");

    /// <summary>Writes a safetensors file with values like those of a trained model: the same each time.</summary>
    /// <param name="name">The name of the file.</param>
    /// <param name="tensors">Keys, numbers of elements, and how far the values are spread.</param>
    /// <param name="seed">Other values for another seed.</param>
    public string Write(string name, IEnumerable<(string Key, int Count, float Spread)> tensors, int seed = 1)
    {
        var random = new Random(seed);
        var header = new Dictionary<string, object>();
        using var data = new MemoryStream();
        foreach (var (key, count, spread) in tensors)
        {
            var values = new float[count];
            for (int i = 0; i < count; i++)
            {
                // The sum of twelve is close enough to a bell.
                values[i] = spread * (float)(Enumerable.Range(0, 12).Sum(_ => random.NextDouble()) - 6);
            }

            header.Add(key, new { dtype = "F32", shape = new[] { count }, data_offsets = new[] { data.Length, data.Length + (4L * count) } });
            data.Write(MemoryMarshal.AsBytes(values.AsSpan()));
        }

        byte[] text = JsonSerializer.SerializeToUtf8Bytes(header);
        string path = Path.Combine(directory.FullName, name);
        using var file = File.Create(path);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        file.Write(length);
        file.Write(text);
        file.Write(data.GetBuffer().AsSpan(0, (int)data.Length));
        return path;
    }

    /// <summary>Twelve layers, of which the sixth is spread six times as wide.</summary>
    public string WriteLayers(string name = "model.safetensors", int seed = 1) => Write(name, Layers(), seed);

    /// <summary>The page of a checkpoint, as the cmdlet makes it.</summary>
    public string Report(string checkpoint, bool values = false, string? reference = null)
    {
        var opened = Checkpoint.Open(checkpoint, TestContext.Current.CancellationToken);
        var content = new ReportContent
        {
            Verdict = CheckpointVerifier.Verify(checkpoint, new VerificationOptions { Level = values ? VerificationLevel.Values : VerificationLevel.Structure }),
            Checkpoint = opened,
            Statistics = values ? [.. new StatisticsScan(opened, opened.Tensors) { BinCount = ReportPage.BinCount }.Run(null, TestContext.Current.CancellationToken)] : null,
            Comparison = reference is null ? null : new ReportComparison(
                reference,
                new CheckpointComparison(Checkpoint.Open(reference, TestContext.Current.CancellationToken), opened, new ComparisonOptions()).Run(null, TestContext.Current.CancellationToken)),
        };
        string path = Path.ChangeExtension(checkpoint, ".html");
        ReportPage.Write(path, content, TestContext.Current.CancellationToken);
        return path;
    }

    public void Dispose() => directory.Delete(recursive: true);

    private static IEnumerable<(string Key, int Count, float Spread)> Layers()
    {
        yield return ("embed.weight", 2000, 0.02f);
        for (int i = 0; i < 12; i++)
        {
            yield return ($"layers.{i}.attn.weight", 1024, 0.02f);
            yield return ($"layers.{i}.attn.bias", 32, 0.01f);
            yield return ($"layers.{i}.mlp.weight", 2048, i == 5 ? 0.12f : 0.02f);
        }
    }
}
