using LowMem.Checkpoints.Conversion;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Tests.Sources;

/// <summary>Names that a system does not allow are refused before anything is read or written.</summary>
public sealed class OutputNameTests
{
    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("con1.pt")]
    [InlineData("console.pt")]
    [InlineData("a b.pt")]
    [InlineData(".hidden")]
    [InlineData("..")]
    [InlineData("Modell ä 模型.pt")]
    public void AnUsualNameIsAllowed(string name)
    {
        Assert.Null(OutputName.FindProblem(name, onWindows: true));
        Assert.Null(OutputName.FindProblem(name, onWindows: false));
    }

    [Theory]
    [InlineData("a:b.pt", "character :")]
    [InlineData("what?.pt", "character ?")]
    [InlineData("a|b", "character |")]
    [InlineData("a\nb.pt", "U+000A")]
    [InlineData("con", "device")]
    [InlineData("NUL.safetensors", "device on Windows (NUL)")]
    [InlineData("com1.tar.gz", "device")]
    [InlineData("LPT\u00b9.pt", "device")]
    [InlineData("aux .pt", "device")]
    [InlineData("model.", "dot or a blank")]
    [InlineData("model ", "dot or a blank")]
    public void WhatWindowsDoesNotAllowIsSaidThereAlone(string name, string says)
    {
        Assert.Contains(says, OutputName.FindProblem(name, onWindows: true), StringComparison.Ordinal);
        Assert.Null(OutputName.FindProblem(name, onWindows: false));
    }

    [Fact]
    public void ALongNameIsCountedInBytesElsewhereAndInCharactersOnWindows()
    {
        string umlauts = new('ä', 128);

        Assert.Contains("256 bytes", OutputName.FindProblem(umlauts, onWindows: false), StringComparison.Ordinal);
        Assert.Null(OutputName.FindProblem(umlauts, onWindows: true));
        Assert.Contains("256 characters", OutputName.FindProblem(new string('a', 256), onWindows: true), StringComparison.Ordinal);
        Assert.Null(OutputName.FindProblem(new string('a', 255), onWindows: false));
    }

    [Fact]
    public void AConversionIsRefusedBeforeItBegins()
    {
        string path = Path.Combine(Path.GetTempPath(), new string('a', 300) + ".safetensors");

        var error = Assert.Throws<CheckpointException>(() => ConversionDestination.Of(path, isDirectory: false, format: null, "source.pt"));

        Assert.Equal(CheckpointErrorIds.OutputNameInvalid, error.ErrorId);
        Assert.Contains("too long: 312 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheLongestNameCanBeWritten()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}{new string('b', 255 - 32)}");
        try
        {
            AtomicFile.Write(path, stream => stream.WriteByte(1));

            Assert.Equal([1], File.ReadAllBytes(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void APathThatIsTooLongSaysSo()
    {
        string path = Path.Combine(Path.GetTempPath(), string.Concat(Enumerable.Repeat(new string('b', 200) + Path.DirectorySeparatorChar, 200)), "file");

        var error = Assert.Throws<CheckpointException>(() => AtomicFile.Write(path, stream => stream.WriteByte(1)));

        Assert.Equal(CheckpointErrorIds.OutputNameInvalid, error.ErrorId);
        Assert.Contains("too long for the system", error.Message, StringComparison.Ordinal);
    }
}
