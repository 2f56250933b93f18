using System.Diagnostics;
using System.Globalization;
using LowMem.Benchmarks.Cases;
using LowMem.CheckpointMaker;

namespace LowMem.Benchmarks;

/// <summary>A way to load a model.</summary>
/// <param name="Name">As it stands in the table.</param>
/// <param name="Run">Runs it once.</param>
internal sealed record Contender(string Name, Func<CaseResult> Run)
{
    /// <summary>What no way to read the file can be faster than.</summary>
    public const string CatName = "`cat file > /dev/null`";

    /// <summary>What no way to read the file into memory can be faster than.</summary>
    public const string FloorName = "the floor: read into fresh memory, all cores";

    /// <summary>The row with the targets for mapped loads.</summary>
    public const string MappedName = "LowMem, mapped";

    /// <summary>The row with the targets for resident loads.</summary>
    public const string ResidentName = "LowMem, resident";

    /// <summary>The row that resident loads are compared with; the version follows.</summary>
    public const string PyTorchName = "`torch.load`, `load_state_dict`";

    /// <summary>Those of this engine, and those of the system and of PyTorch if they are there.</summary>
    public static IReadOnlyList<Contender> Find(string checkpoint, WideBoringModel model, PythonTorch? python)
    {
        var bytes = model.GetByteLength();
        List<Contender> found = [];
        if (!OperatingSystem.IsWindows())
        {
            found.Add(new Contender(CatName, () => Cat(checkpoint)));
        }

        found.AddRange(
        [
            new Contender(FloorName, () => CaseProcess.Run(CaseProcess.Own(FloorCase.Name, checkpoint), bytes)),
            Own(MappedName, LoadCase.Mapped),
            Own(ResidentName, LoadCase.Resident),
            Own("TorchSharp: `Module.load` of its own file", LoadCase.TorchSharp),
            Own("TorchSharp: read all, `load_state_dict`", LoadCase.Naive),
        ]);
        if (python is not null)
        {
            found.Add(Python(PyTorchName, "naive"));
            found.Add(Python("the article: `to(\"meta\")`, `torch.load`, assign", "article"));
            if (python.CanMap)
            {
                found.Add(Python("meta, `torch.load(mmap=True)`, assign", "mmap"));
            }
        }

        return found;

        Contender Own(string name, string loadCase) => new(
            name, () => CaseProcess.Run(CaseProcess.Own(loadCase, checkpoint, Text(model.Stages), Text(model.Width)), bytes));

        Contender Python(string name, string way) => new(
            $"PyTorch {python.Version}: {name}",
            () => CaseProcess.Run(
                new ProcessStartInfo(
                    python.Program,
                    [Path.Combine(AppContext.BaseDirectory, "python", "load.py"), way, checkpoint, Text(model.Stages), Text(model.Width)]),
                bytes));
    }

    /// <summary>Reads the file, and nothing more.</summary>
    public static CaseResult Cat(string path) => Cat(path, "cat");

    /// <summary>Runs a program of the system on a file.</summary>
    public static CaseResult Cat(string path, string program)
    {
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start("sh", ["-c", $"exec {program} \"$0\" > /dev/null", path]);
        process.WaitForExit();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return process.ExitCode == 0
            ? new CaseResult(0, new Dictionary<string, StepFigures> { [Step.Loaded] = new(seconds, 0, 0) })
            : throw new InvalidOperationException($"{program} ended with exit code {process.ExitCode}.");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
