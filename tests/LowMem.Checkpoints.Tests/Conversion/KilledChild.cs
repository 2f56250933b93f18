using System.Diagnostics;
using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;

namespace LowMem.Checkpoints.Tests.Conversion;

/// <summary>
/// This assembly as a process that does nothing but convert, until it is killed. It starts before the test runner does, which takes
/// ten times as long.
/// </summary>
internal static class KilledChild
{
    private const string Variable = "LOWMEM_CONVERT_CHILD";

    /// <summary>Starts a process that converts without end, several at a time; returns when all of them are at work.</summary>
    /// <param name="jobs">Of each: the two checkpoints that are converted in turns, the destination, the most bytes of a shard or 0.</param>
    public static Process Start(IEnumerable<(string One, string Other, string Destination, long ShardSize, long OtherShardSize)> jobs)
    {
        var child = Start("loop", string.Join('\n', jobs.Select(job => string.Join('\t', job.One, job.Other, job.Destination, job.ShardSize, job.OtherShardSize))), []);
        Assert.Equal("ready", child.StandardOutput.ReadLine());
        return child;
    }

    /// <summary>Converts once, under a limit of the shell, and gives the id of the error, or "done".</summary>
    public static string RunLimited(string source, string destination, string limit)
    {
        using var child = Start("once", $"{source}\t{destination}", ["/bin/sh", "-c", $"trap '' XFSZ; {limit}; exec \"$0\"", Executable]);
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return output.Trim();
    }

    private static string Executable => Path.Combine(AppContext.BaseDirectory, "LowMem.Checkpoints.Tests");

    private static Process Start(string mode, string input, string[] command)
    {
        var start = new ProcessStartInfo(command.Length > 0 ? command[0] : Executable, command.Skip(1)) { RedirectStandardOutput = true };
        start.Environment[Variable] = $"{mode}\n{input}";

        // The runtime keeps code in a file of its own, to which a limit for files applies as well.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        return Process.Start(start)!;
    }

    /// <summary>Whether this process is one of them.</summary>
    public static bool IsChild => Environment.GetEnvironmentVariable(Variable) is not null;

    /// <summary>Does what the process was started for, until it is killed.</summary>
    public static int Run()
    {
        string input = Environment.GetEnvironmentVariable(Variable)!;
        string[] lines = input.Split('\n');
        if (lines[0] == "once")
        {
            string[] parts = lines[1].Split('\t');
            Console.WriteLine(ConvertOnce(parts[0], parts[1]));
            return 0;
        }

        using var ready = new CountdownEvent(lines.Length - 1);
        foreach (string line in lines.Skip(1))
        {
            new Thread(() => ConvertForever(line.Split('\t'), ready)) { IsBackground = true }.Start();
        }

        // Nobody kills it when the test has failed.
        var patience = TimeSpan.FromSeconds(20);
        if (ready.Wait(patience))
        {
            Console.WriteLine("ready");
            Thread.Sleep(patience);
        }

        return 1;
    }

    private static void ConvertForever(string[] parts, CountdownEvent ready)
    {
        var one = Plan(parts[0], parts[2], long.Parse(parts[3], System.Globalization.CultureInfo.InvariantCulture));
        var other = Plan(parts[1], parts[2], long.Parse(parts[4], System.Globalization.CultureInfo.InvariantCulture));
        var settings = new ConversionSettings { Replaces = true };
        ready.Signal();
        while (true)
        {
            new ConversionRun(other, settings).Run(null, CancellationToken.None);
            new ConversionRun(one, settings).Run(null, CancellationToken.None);
        }
    }

    private static string ConvertOnce(string source, string destination)
    {
        try
        {
            new ConversionRun(Plan(source, destination, 0), new ConversionSettings()).Run(null, CancellationToken.None);
            return "done";
        }
        catch (CheckpointException error)
        {
            return error.ErrorId;
        }
    }

    public static ConversionPlan Plan(string source, string destination, long shardSize) => ConversionPlan.Create(
        Checkpoint.Open(source, CancellationToken.None),
        ConversionDestination.Of(destination, isDirectory: false, format: null, source),
        new ConversionOptions { MaxShardSize = shardSize == 0 ? null : shardSize });
}
