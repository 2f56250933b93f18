using System.Diagnostics;
using System.Globalization;

namespace LowMem.Benchmarks.Cases;

/// <summary>
/// The steps of a case. A case says that it is ready once torch has started, and waits for a line of input; it goes on
/// so after each step, so that its memory can be looked at in between. benchmarks/python/load.py speaks the same protocol.
/// </summary>
internal static class Step
{
    /// <summary>Torch has started.</summary>
    public const string Ready = "ready";

    /// <summary>The file is listed.</summary>
    public const string Listed = "listed";

    /// <summary>There is a model: on meta, or with the initial values that the naive ways give it.</summary>
    public const string Built = "built";

    /// <summary>The model has the values of the checkpoint.</summary>
    public const string Loaded = "loaded";

    /// <summary>Every value has been used once; the sum of the norms came out.</summary>
    public const string Used = "used";

    /// <summary>The first forward pass.</summary>
    public const string Ran = "ran";

    /// <summary>A second model was loaded by code that is compiled by now.</summary>
    public const string LoadedAgain = "again";

    /// <summary>The tenth time: by then the runtime has compiled anew what is called often.</summary>
    public const string LoadedOften = "often";

    /// <summary>Measures a step and reports it.</summary>
    /// <param name="name">One of the names above.</param>
    /// <param name="action">The step; returns what came out.</param>
    /// <param name="tidy">What is done after it, before its memory is looked at; not measured.</param>
    public static void Run(string name, Func<double> action, Action? tidy = null)
    {
        var started = Stopwatch.GetTimestamp();
        var value = action();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        tidy?.Invoke();
        Say(name, seconds, value);
    }

    /// <summary>Reports a step and waits until it has been noted.</summary>
    public static void Say(string name, double seconds = 0, double value = 0)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} {seconds:R} {value:R}"));
        Console.ReadLine();
    }
}
