using System.Diagnostics;

namespace LowMem.Report.Tests;

/// <summary>What npm gets for web/report, by its lock file. Where Node is not, or npm gets nothing, tests are skipped.</summary>
internal static class NodeModules
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private static readonly Lazy<string?> Problem = new(Install);

    /// <summary>The directory of the page's sources.</summary>
    public static string Sources { get; } = Path.Combine(Executables.Root, "web", "report");

    /// <summary>Skips the test where they are not there and cannot be had.</summary>
    public static void Require() => Assert.SkipWhen(Problem.Value is not null, Problem.Value ?? string.Empty);

    /// <summary>Runs a script of Node in the directory of the sources, and gives what it wrote when it failed; null when it did not.</summary>
    public static string? Run(params string[] arguments) => Run(Executables.Find("node", "node.exe")!, arguments);

    private static string? Install()
    {
        if (Executables.Find("node", "node.exe") is null)
        {
            return "Node is not installed: the bundle in this checkout is not made again.";
        }

        if (Directory.Exists(Path.Combine(Sources, "node_modules", "esbuild")))
        {
            return null;
        }

        return Executables.Find("npm", "npm.cmd") is not { } npm ? "npm is not installed, and web/report/node_modules is not there."
            : Run(npm, "ci") is { } error ? $"npm could not get what package-lock.json names: {error}"
            : null;
    }

    private static string? Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Sources,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            return "it did not end.";
        }

        return process.ExitCode == 0 ? null : $"{output.GetAwaiter().GetResult()}{error.GetAwaiter().GetResult()}".Trim();
    }
}
