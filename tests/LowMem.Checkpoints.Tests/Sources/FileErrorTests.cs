using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Tests.Sources;

public class FileErrorTests
{
    /// <summary>The code is that of ERROR_INVALID_NAME, as .NET gives it.</summary>
    [Fact]
    public void ANameThatWindowsDoesNotAllowIsOfNoFile()
    {
        var exception = new IOException("The filename, directory name, or volume label syntax is incorrect.", unchecked((int)0x8007007B));

        var error = FileErrors.Wrap(exception, "a<b>.pt");

        Assert.Equal(CheckpointErrorIds.NotFound, error.ErrorId);
        Assert.Equal("there is no such file: Windows allows no such name.", error.Detail);
    }

    /// <summary>The code is that of ERROR_SHARING_VIOLATION.</summary>
    [Fact]
    public void AFileThatAnotherProcessHoldsIsThere()
    {
        var error = FileErrors.Wrap(new IOException("It is being used by another process.", unchecked((int)0x80070020)), "a.pt");

        Assert.Equal(CheckpointErrorIds.AccessDenied, error.ErrorId);
        Assert.Equal("the file cannot be read: It is being used by another process.", error.Detail);
    }
}
