using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Safety;

/// <summary>Errors that tell which globals a broken file names: something else may still unpickle a part of it.</summary>
internal static class NamedErrors
{
    /// <summary>The same error with the globals that were seen; the message names the dangerous ones.</summary>
    public static CheckpointException Naming(this CheckpointException error, GlobalReport report)
    {
        const int most = 5;
        string names = string.Join(", ", report.Unsafe.Take(most).Select(DisplayText.Name));
        string message = report.Unsafe.Count == 0
            ? error.Detail
            : $"{error.Detail} Beware: it names what could run code if PyTorch loaded it: {names}.";

        // An error of the same kind says so already.
        if (report.Refusal is { } refusal && error.ErrorId != CheckpointErrorIds.Unsafe)
        {
            message += $" Versions of Python read a pickle in it in different ways: {refusal}";
        }

        return new CheckpointException(error.ErrorId, error.Path, message, error.InnerException)
        {
            Record = error.Record,
            Offset = error.Offset,
            Globals = report.All.ToArray(),
            UnsafeGlobals = report.Unsafe.ToArray(),
        };
    }

    /// <summary>The same result, when the pickle is one.</summary>
    /// <exception cref="CheckpointException">It is broken; the error tells which globals were named until then.</exception>
    public static PickleResult OrThrow(this PickleResult result) =>
        result.Error is null ? result : throw result.Error.Naming(GlobalReport.Of([result]));
}
