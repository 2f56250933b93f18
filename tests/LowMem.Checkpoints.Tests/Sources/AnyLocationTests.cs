using System.Security.Cryptography;
using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Tests.Fixtures;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Sources;

/// <summary>Every reader reads from every location, and minds what happens to it.</summary>
public sealed class AnyLocationTests
{
    public static TheoryData<string> Names => [.. FixtureFiles.Names];

    /// <summary>One of each format, and of each kind of directory.</summary>
    public static TheoryData<string> Sound =>
    [
        "state-dict", "legacy-state-dict", "tar-state-dict", "dtypes-safetensors", "sharded-safetensors", "sharded-bin", "dcp", "dcp-safetensors",
        "torchsharp", "torchscript", "exported", "unpacked", "repacked-deflated",
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public void ReadsTheSameFromMemory(string name)
    {
        string path = FixtureFiles.PathOf(name);

        Assert.Equal(Describe(CheckpointLocation.Local, path), Describe(MemoryLocation.Of(path), path));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void VerifiesTheSameInMemory(string name)
    {
        string path = FixtureFiles.PathOf(name);

        Assert.Equal(Verify(CheckpointLocation.Local, path), Verify(MemoryLocation.Of(path), path));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void AReadThatFailsLosesNothingSilently(string name)
    {
        string path = FixtureFiles.PathOf(name);
        var sound = MemoryLocation.Of(path, keepsBlocks: false);
        string expected = Describe(sound, path);
        for (int failing = 0; failing < sound.Reads; failing++)
        {
            var faulty = MemoryLocation.Of(path, keepsBlocks: false);
            faulty.BeforeRead = (number, _) => Fail(number == failing);
            string found = Describe(faulty, path, out bool hasError, TestContext.Current.CancellationToken);

            Assert.True(hasError || found == expected, $"read {failing} failed, and nothing was said of it");
        }

        static void Fail(bool fails)
        {
            if (fails)
            {
                throw new IOException("the cable was pulled");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryReadCanBeCancelled(string name)
    {
        string path = FixtureFiles.PathOf(name);
        var whole = MemoryLocation.Of(path, keepsBlocks: false);
        Describe(whole, path);
        for (int last = 0; last < whole.Reads; last++)
        {
            using var cancellation = new CancellationTokenSource();
            var slow = MemoryLocation.Of(path, keepsBlocks: false);
            slow.BeforeRead = (number, token) =>
            {
                if (number == last)
                {
                    // What takes long has to see it.
                    cancellation.Cancel();
                    token.ThrowIfCancellationRequested();
                    throw new InvalidOperationException($"read {number} cannot be ended");
                }
            };

            Assert.ThrowsAny<OperationCanceledException>(() => Describe(slow, path, out _, cancellation.Token));
            Assert.Equal(last + 1, slow.Reads);
        }
    }

    [Theory]
    [MemberData(nameof(Sound))]
    public void WhatWasListedIsWhatIsRead(string name)
    {
        string path = FixtureFiles.PathOf(name);
        var location = MemoryLocation.Of(path);
        var checkpoint = Checkpoint.Open(location, path, TestContext.Current.CancellationToken);
        foreach (string file in location.Names)
        {
            location.Change(file);
        }

        using var reader = new TensorDataReader(checkpoint);
        var tensor = checkpoint.Tensors.First(tensor => tensor.ByteLength > 0 && tensor.UnreadableReason is null && tensor.Layout == TensorLayouts.Strided && tensor.Storage?.Content is null);
        var error = Assert.Throws<CheckpointException>(() => reader.Read(tensor, 0, new byte[tensor.ByteLength], TestContext.Current.CancellationToken));

        Assert.Equal(CheckpointErrorIds.Changed, error.ErrorId);
    }

    [Theory]
    [MemberData(nameof(Sound))]
    public void AFileThatChangesWhileItIsVerifiedIsAnError(string name)
    {
        string path = FixtureFiles.PathOf(name);
        var sound = MemoryLocation.Of(path);
        Verify(sound, path);
        var changing = MemoryLocation.Of(path);
        changing.BeforeRead = (number, _) =>
        {
            if (number == sound.Reads - 1)
            {
                changing.Names.ToList().ForEach(changing.Change);
            }
        };

        Assert.Equal(CheckpointErrorIds.Changed, Assert.Throws<CheckpointException>(() => Verify(changing, path)).ErrorId);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ListingReadsAByteTwiceAtMost(string name)
    {
        string path = FixtureFiles.PathOf(name);
        var location = MemoryLocation.Of(path);
        try
        {
            Checkpoint.Open(location, path, TestContext.Current.CancellationToken);
        }
        catch (CheckpointException)
        {
            // A broken one is read as often.
        }

        // The end of a zip is looked through for its directory, whatever is there.
        const int page = 4096;
        Assert.InRange(location.BytesRead, 0, (2 * location.ByteLength) + page);
    }

    private static string Verify(CheckpointLocation location, string path)
    {
        var options = new VerificationOptions { Level = VerificationLevel.Values, Location = location };
        try
        {
            var verdict = CheckpointVerifier.Verify(path, options, null, TestContext.Current.CancellationToken);
            return JsonSerializer.Serialize(new { verdict.Path, verdict.Format, verdict.Passed, verdict.WeightsOnly, verdict.Findings, verdict.TensorCount, verdict.BytesRead });
        }
        catch (CheckpointException error) when (error.ErrorId != CheckpointErrorIds.Changed)
        {
            return error.Message;
        }
    }

    private static string Describe(CheckpointLocation location, string path) => Describe(location, path, out _, TestContext.Current.CancellationToken);

    private static string Describe(CheckpointLocation location, string path, out bool hasError, CancellationToken cancellationToken)
    {
        try
        {
            var checkpoint = Checkpoint.Open(location, path, cancellationToken);
            hasError = checkpoint.Findings.Any(finding => finding.Severity == FindingSeverity.Error);
            return JsonSerializer.Serialize(new
            {
                checkpoint.Path,
                checkpoint.Format,
                checkpoint.FormatVersion,
                checkpoint.Globals,
                checkpoint.UnknownGlobals,
                checkpoint.UnsafeGlobals,
                checkpoint.WeightsOnly,
                checkpoint.Metadata,
                checkpoint.ShardCount,
                checkpoint.MissingKeys,
                checkpoint.Findings,
                Files = checkpoint.AllFiles.Select(file => (file.Path, file.Length, file.LastWriteTimeUtc).ToString()),
                Storages = checkpoint.Storages.Select(storage => storage.ToString()),
                Values = checkpoint.Values.Select(value => $"{value.Key}: {value.Value}"),
                Tensors = checkpoint.Tensors.Select(tensor => new { tensor, Hash = HashOf(checkpoint, tensor, cancellationToken) }),
            });
        }
        catch (CheckpointException error)
        {
            hasError = true;
            return $"{error.ErrorId} {error.Message} {string.Join(' ', error.Globals)}";
        }
    }

    private static string? HashOf(Checkpoint checkpoint, TensorInfo tensor, CancellationToken cancellationToken)
    {
        if (tensor.UnreadableReason is not null || tensor.Layout != TensorLayouts.Strided || tensor.ByteLength > 1 << 20)
        {
            return null;
        }

        using var reader = new TensorDataReader(checkpoint);
        byte[] bytes = new byte[tensor.ByteLength];
        reader.Read(tensor, 0, bytes, cancellationToken);
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }
}
