using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Keys;

/// <summary>A map of keys makes no sense, has no clear answer for a key, or gives two keys one name.</summary>
/// <param name="message">What is wrong, where, and what to do.</param>
/// <param name="innerException">The cause, or null.</param>
public sealed class KeyMapException(string message, Exception? innerException = null) : Exception(DisplayText.Line(message), innerException)
{
    /// <summary>The stable id: <see cref="CheckpointErrorIds.KeyMapInvalid"/>.</summary>
    public string ErrorId => CheckpointErrorIds.KeyMapInvalid;
}
