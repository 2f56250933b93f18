using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Loader;

/// <summary>The base of the errors of this library: it says what is wrong, where, and what to do.</summary>
public class ModelException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="errorId">One of <see cref="ModelErrorIds"/>.</param>
    /// <param name="message">What is wrong, where, and what to do.</param>
    /// <param name="innerException">The cause, or null.</param>
    /// <param name="lines">More to say, each on a line of its own; or null.</param>
    public ModelException(string errorId, string message, Exception? innerException = null, IEnumerable<string>? lines = null)
        : base(string.Join(Environment.NewLine, (lines ?? []).Prepend(message).Select(DisplayText.Line)), innerException)
    {
        ErrorId = errorId;
    }

    /// <summary>The stable id, one of <see cref="ModelErrorIds"/>.</summary>
    public string ErrorId { get; }
}
