using System.Collections;
using System.Management.Automation.Provider;

namespace LowMem.PowerShell.Provider;

/// <summary>Reads a value that is no tensor for Get-Content: it is there once.</summary>
/// <param name="value">The value.</param>
internal sealed class ValueReader(object? value) : IContentReader
{
    private bool isDone = value is null;

    public IList Read(long readCount)
    {
        object[] read = isDone ? [] : [value!];
        isDone = true;
        return read;
    }

    public void Seek(long offset, SeekOrigin origin) => isDone = value is null || origin == SeekOrigin.End || offset > 0;

    public void Close()
    {
    }

    public void Dispose()
    {
    }
}
