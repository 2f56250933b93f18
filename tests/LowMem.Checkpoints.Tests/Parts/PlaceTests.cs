using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Parts;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Values.Division;
using LowMem.Checkpoints.Verification;
using static LowMem.Checkpoints.Tests.Builders.DistributedBytes;

namespace LowMem.Checkpoints.Tests.Parts;

/// <summary>A distributed checkpoint of which each host has its own files beside the metadata.</summary>
public sealed class PlaceTests
{
    private static readonly VerificationOptions Checksum = new() { Level = VerificationLevel.Checksum };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EachHostTestsItsFilesAndTheJoinSaysWhatOneMachineSays(bool isChanged)
    {
        using var all = new CheckpointDirectory();
        Write(all, isChanged, 0, 1, 2);
        var parts = new List<CheckpointPart>();
        for (int host = 0; host < 3; host++)
        {
            using var own = new CheckpointDirectory();
            Write(own, isChanged, host);
            parts.Add(Run(host + 1, PathIn(own)));
        }

        var verdict = Assert.Single(PartJob.Join(parts)).Verdict!;

        Assert.Equal(
            PartJob.DescribeWhole(PathIn(all), Checksum).Split('\n')[1..],
            PartJob.Describe(verdict).Split('\n')[1..]);
        Assert.Equal(!isChanged, verdict.Passed);
        Assert.Equal(2, verdict.TensorCount);
        Assert.Equal(isChanged ? ["True", "False", "True"] : ["True", "True", "True"], parts.Select(part => $"{part.PartPassed}"));
    }

    [Fact]
    public void AFileThatNoHostHasAndOneThatTwoHaveAreNamed()
    {
        using var first = new CheckpointDirectory();
        using var second = new CheckpointDirectory();
        Write(first, isChanged: false, 0, 1);
        Write(second, isChanged: false, 1);

        var error = Assert.Throws<CheckpointException>(() => PartJob.Join(
            [Run(1, 2, PathIn(first)), Run(2, 2, PathIn(second))]));

        Assert.Equal(CheckpointErrorIds.PartsNotWhole, error.ErrorId);
        Assert.Contains("'__2_0.distcp' of ", error.Message, StringComparison.Ordinal);
        Assert.Contains(" is in no part; '__1_0.distcp' of ", error.Message, StringComparison.Ordinal);
        Assert.Contains(" is in the parts 1/2, 2/2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsNotDistributedIsRefused()
    {
        using var directory = new CheckpointDirectory();
        directory.Write("a.safetensors", SafetensorsBytes.One("w", 1));

        var part = Run(1, 1, Path.Combine(directory.Path, "a.safetensors"));

        Assert.False(part.PartPassed);
        Assert.StartsWith("CheckpointUnsupported: only the files of a distributed checkpoint", part.FirstFinding, StringComparison.Ordinal);
    }

    /// <summary>The same name on every host, wherever it is mounted.</summary>
    private static string PathIn(CheckpointDirectory directory) => Path.Combine(directory.Path, "step-1000");

    private static CheckpointPart Run(int number, string path) => Run(number, 3, path);

    private static CheckpointPart Run(int number, int count, string path) => PartJob.Run(
        new PartNumber(number, count), new VerdictOperation(Checksum, PartJob.NoOptions) { IsByPlace = true }, path);

    /// <summary>Two tensors in three rows each, a file for each row.</summary>
    private static void Write(CheckpointDirectory directory, bool isChanged, params int[] hosts)
    {
        byte[] piece = Piece(4, 8);
        foreach (int host in hosts)
        {
            byte[] file = [.. piece, .. piece];
            if (isChanged && host == 1)
            {
                // Inside the values of the second piece.
                int values = file.AsSpan(piece.Length).IndexOf(new byte[64]);
                file[piece.Length + Math.Max(values, 0)] ^= 1;
            }

            directory.Write($"step-1000/__{host}_0.distcp", file);
        }

        string[] names = ["a", "b"];
        directory.Write("step-1000/.metadata", Metadata(
            PickleBytes.Dict([.. names.Select(name => (name, Tensor([12, 8], [.. Enumerable.Range(0, 3).Select(row => Chunk([4 * row, 0], [4, 8]))])))]),
            Places([.. names.SelectMany((name, at) => Enumerable.Range(0, 3).Select(row =>
                (Index(name, 4 * row, 0), Place($"__{row}_0.distcp", at * piece.Length, piece.Length))))])));
    }
}
