using System.Globalization;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Formats;

/// <summary>What is no file of any format: said with the path, and what to do.</summary>
public sealed class InvalidInputTests
{
    [Fact]
    public void AnEmptyFileIsCalledEmpty()
    {
        using var file = MutatedFile.With([]);

        var error = file.Refusal();

        Assert.Equal((CheckpointErrorIds.FormatInvalid, 0L), (error.ErrorId, error.Offset));
        Assert.EndsWith("the file is empty (0 bytes). Get the file again.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileOfOneByteIsShownAsItIs()
    {
        for (int value = 0; value < 256; value++)
        {
            using var file = MutatedFile.With([(byte)value]);

            var error = file.Refusal();

            Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
            Assert.EndsWith($"it starts with {value.ToString("x2", CultureInfo.InvariantCulture)}.", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("PK")]
    [InlineData("PK\u0003")]
    [InlineData("{")]
    [InlineData("<html><body>Not Found</body></html>")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4\n")]
    public void AFileOfSomethingElseIsShownAsItIs(string content)
    {
        using var file = MutatedFile.With(System.Text.Encoding.ASCII.GetBytes(content));

        var error = file.Refusal();

        Assert.Equal(CheckpointErrorIds.FormatInvalid, error.ErrorId);
        Assert.StartsWith(file.Path, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    public void APathToNothingIsNotFound(string suffix)
    {
        string path = Path.Combine(Path.GetTempPath(), $"lowmem-{Guid.NewGuid():N}") + suffix;

        var error = Assert.Throws<CheckpointException>(() => Checkpoint.Open(path, TestContext.Current.CancellationToken));

        Assert.Equal(CheckpointErrorIds.NotFound, error.ErrorId);
        Assert.Contains("no such file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileBelowAFileIsNotFound()
    {
        using var file = MutatedFile.With([1]);

        var error = Assert.Throws<CheckpointException>(
            () => Checkpoint.Open(Path.Combine(file.Path, "model.pt"), TestContext.Current.CancellationToken));

        Assert.Equal(CheckpointErrorIds.NotFound, error.ErrorId);
    }

    [Fact]
    public void AnEmptyFileHasAVerdictThatDoesNotPass()
    {
        using var file = MutatedFile.With([]);

        var verdict = CheckpointVerifier.Verify(file.Path, null, null, TestContext.Current.CancellationToken);

        Assert.False(verdict.Passed);
        Assert.Contains("the file is empty (0 bytes)", Assert.Single(verdict.Findings).Message, StringComparison.Ordinal);
    }
}
