using LowMem.Differential;
using Readings = LowMem.Differential.Comparison;

namespace LowMem.Checkpoints.Tests.Pickle;

/// <summary>Pickles mean to us what they mean to CPython, where there is one to ask.</summary>
public sealed class DifferentialTests
{
    private static readonly byte[] Stop = [(byte)'.'];

    [Fact]
    public void ThousandsOfMutatedPicklesAreReadAsCPythonReadsThemOrRefused()
    {
        using var python = Start();
        var run = new DifferentialRun(python, seed: 20261127);

        run.Run(4000, TimeSpan.FromMinutes(5));

        Assert.Empty(run.Differences.Select(difference => $"{Convert.ToHexStringLower(difference.Pickle)}: {difference.Difference}"));
        Assert.True(run.BothRead > 200, $"only {run.BothRead} of {run.Count} pickles were read by both, which compares too little");
    }

    [Theory]
    [InlineData("a name that is not told", "builtins\nlen", "is not named: builtins.len")]
    [InlineData("another value", "N", "reads other values")]
    public void ADifferenceIsSeen(string kind, string change, string message)
    {
        var ours = new Reading(IsRead: true, 2, [], "T");
        var theirs = kind == "another value" ? ours with { Text = change } : ours with { Globals = [change] };

        Assert.Contains(message, Readings.FindDifference([ours, ours], [ours, theirs, ours]), StringComparison.Ordinal);
    }

    [Fact]
    public void WhereThePickleEndsIsCompared()
    {
        var ours = new Reading(IsRead: true, 2, [], "T");

        Assert.Equal("CPython ends elsewhere in a buffered file", Readings.FindDifference([ours, ours], [ours, ours, ours with { Length = 3 }]));
    }

    [Fact]
    public void WhatWeRefuseMayBeAnything()
    {
        var ours = new Reading(IsRead: false, 2, [], "refused");

        Assert.Null(Readings.FindDifference([ours, ours], [new Reading(IsRead: true, 9, ["os\nsystem"], "x")]));
    }

    [Fact]
    public void CPythonIsStartedAnewWhenItDies()
    {
        using var python = Start();
        byte[] deep = [.. Enumerable.Repeat((byte)'N', 1), .. Enumerable.Repeat((byte)0x85, 1_000_000), (byte)'}', (byte)'2', (byte)'0', (byte)'0', .. Stop];

        var readings = python.Read([deep, [(byte)'N', .. Stop]]);

        Assert.Equal(2, readings.Count);
        Assert.Equal("N", readings[1]![0].Text);
    }

    private static PythonReader Start()
    {
        var python = PythonReader.TryStart("python3", out string reason);
        Assert.SkipWhen(python is null, $"CPython is not asked, since {reason}");
        return python!;
    }
}
