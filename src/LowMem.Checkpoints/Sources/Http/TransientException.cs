using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>Something went wrong that may go well a moment later.</summary>
/// <param name="error">The error, when it does not.</param>
/// <param name="wait">How long the server wants to be left alone; null when it does not say.</param>
internal sealed class TransientException(CheckpointException error, TimeSpan? wait = null) : Exception(error.Message, error)
{
    public CheckpointException Error { get; } = error;

    public TimeSpan? Wait { get; } = wait;
}
