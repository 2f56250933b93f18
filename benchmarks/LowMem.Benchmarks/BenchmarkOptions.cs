using System.Globalization;

namespace LowMem.Benchmarks;

/// <summary>What to measure, and how often.</summary>
/// <param name="Sizes">The sizes of the models to load, in MiB; ascending.</param>
/// <param name="Runs">How often each case runs; its figures are medians.</param>
/// <param name="TensorCount">How many tensors the checkpoint of many has.</param>
/// <param name="SparseMebibytes">The size of the checkpoint that is larger than the memory, in MiB.</param>
/// <param name="Only">The benchmarks to run; empty for all.</param>
/// <param name="Page">The page that the figures go to, or null.</param>
/// <param name="PowerShell">What starts PowerShell: a program and perhaps an assembly; empty when that was not said.</param>
/// <param name="Module">The module for it, or null.</param>
internal sealed record BenchmarkOptions(
    IReadOnlyList<int> Sizes,
    int Runs,
    int TensorCount,
    int SparseMebibytes,
    IReadOnlyList<string> Only,
    string? Page,
    IReadOnlyList<string> PowerShell,
    string? Module)
{
    /// <summary>How the program is started.</summary>
    public const string Usage =
        "Usage: LowMem.Benchmarks [--mib 2048,4096] [--runs 5] [--tensors 100000] [--sparse-mib 61440] [--only <name>,...] [--page <page.md>]\n"
        + "       [--powershell <program and arguments, as in PATH> --module <LowMem.psd1>]";

    /// <summary>Reads the arguments; null when they are wrong.</summary>
    public static BenchmarkOptions? Parse(string[] arguments)
    {
        var options = new BenchmarkOptions([2048, 4096], Runs: 5, TensorCount: 100_000, SparseMebibytes: 60 << 10, Only: [], Page: null, PowerShell: [], Module: null);
        for (var i = 0; i + 1 < arguments.Length; i += 2)
        {
            var parts = arguments[i + 1].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var numbers = parts.Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).ToList();
            var isNumber = numbers.Count == 1 && numbers[0] > 0;
            switch (arguments[i])
            {
                case "--mib" when numbers.Count > 0 && numbers.TrueForAll(number => number > 0):
                    options = options with { Sizes = [.. numbers.Order()] };
                    break;
                case "--runs" when isNumber:
                    options = options with { Runs = numbers[0] };
                    break;
                case "--tensors" when isNumber:
                    options = options with { TensorCount = numbers[0] };
                    break;
                case "--sparse-mib" when isNumber:
                    options = options with { SparseMebibytes = numbers[0] };
                    break;
                case "--only":
                    options = options with { Only = parts };
                    break;
                case "--powershell":
                    options = options with { PowerShell = arguments[i + 1].Split(Path.PathSeparator) };
                    break;
                case "--module":
                    options = options with { Module = arguments[i + 1] };
                    break;
                case "--page":
                    options = options with { Page = arguments[i + 1] };
                    break;
                default:
                    return null;
            }
        }

        return arguments.Length % 2 == 0 && options.PowerShell.Count > 0 == options.Module is not null ? options : null;
    }
}
