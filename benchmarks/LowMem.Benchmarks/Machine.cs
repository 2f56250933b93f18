using System.Globalization;
using System.Runtime.InteropServices;

namespace LowMem.Benchmarks;

/// <summary>What the figures were measured on.</summary>
internal static class Machine
{
    /// <summary>One line: system, processor, memory, runtime.</summary>
    public static string Describe() => string.Create(
        CultureInfo.InvariantCulture,
        $"{RuntimeInformation.OSDescription}, {GetProcessor()}, {Environment.ProcessorCount} cores, "
        + $"{GetMemory() / (double)(1 << 30):0.0} GiB of memory, {RuntimeInformation.FrameworkDescription}");

    /// <summary>The memory of the machine, or of the container it is in.</summary>
    public static long GetMemory() => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    private static string GetProcessor()
    {
        const string list = "/proc/cpuinfo";
        var line = File.Exists(list) ? File.ReadLines(list).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':') + 1)..].Trim();
    }
}
