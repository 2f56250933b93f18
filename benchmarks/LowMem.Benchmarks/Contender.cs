namespace LowMem.Benchmarks;

/// <summary>A way to load, and the program that shows it.</summary>
/// <param name="Name">As it stands in the table.</param>
/// <param name="Program">What to start.</param>
/// <param name="Arguments">With what.</param>
internal sealed record Contender(string Name, string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>The name of the first row, which the others are compared with.</summary>
    public const string NaiveName = "naive: build, read all, copy (TorchSharp)";

    /// <summary>The row with the target for resident loads.</summary>
    public const string ResidentName = "LowMem, resident";

    /// <summary>The row with the target for mapped loads.</summary>
    public const string MappedName = "LowMem, mapped";

    /// <summary>Those of this engine, and those of PyTorch if it is there.</summary>
    public static IReadOnlyList<Contender> Find(string checkpoint, int stages)
    {
        List<Contender> found =
        [
            Own(NaiveName, LoadCase.Naive),
            Own(ResidentName, LoadCase.Resident),
            Own(MappedName, LoadCase.Mapped),
        ];
        if (PythonTorch.Find() is { } python)
        {
            var script = Path.Combine(AppContext.BaseDirectory, "python", "load.py");
            found.Add(new Contender($"naive: build, torch.load, load_state_dict (PyTorch {python.Version})", python.Program, [script, "naive", checkpoint, $"{stages}"]));
            found.Add(new Contender($"the article: build, to meta, torch.load, assign (PyTorch {python.Version})", python.Program, [script, "article", checkpoint, $"{stages}"]));
            if (python.CanMap)
            {
                found.Add(new Contender($"meta, torch.load(mmap=True), assign (PyTorch {python.Version})", python.Program, [script, "mmap", checkpoint, $"{stages}"]));
            }
        }

        return found;

        Contender Own(string name, string loadCase) =>
            new(name, Environment.ProcessPath!, [.. GetHostArguments(), "case", loadCase, checkpoint, $"{stages}"]);
    }

    // Started by "dotnet x.dll", the process is dotnet, and the first argument is the assembly.
    private static string[] GetHostArguments() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(Contender).Assembly.Location] : [];
}
