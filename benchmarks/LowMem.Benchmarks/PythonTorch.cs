using System.ComponentModel;
using System.Diagnostics;

namespace LowMem.Benchmarks;

/// <summary>A Python that has PyTorch.</summary>
/// <param name="Program">The interpreter.</param>
/// <param name="Version">The version of PyTorch.</param>
/// <param name="CanMap">Whether <c>torch.load</c> knows <c>mmap=True</c> (2.1 and later).</param>
internal sealed record PythonTorch(string Program, string Version, bool CanMap)
{
    private static readonly string[] Programs = ["python3", "/usr/bin/python3", "python"];

    /// <summary>The first interpreter with PyTorch; null when none has it.</summary>
    public static PythonTorch? Find() => Programs.Select(Ask).FirstOrDefault(found => found is not null);

    private static PythonTorch? Ask(string program)
    {
        const string question = "import inspect, torch; print(torch.__version__, 'mmap' in inspect.signature(torch.load).parameters)";
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, ["-c", question])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginErrorReadLine();
            var answer = process.StandardOutput.ReadToEnd().Split();
            process.WaitForExit();
            return process.ExitCode == 0 ? new PythonTorch(program, answer[0], answer[1] == "True") : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
