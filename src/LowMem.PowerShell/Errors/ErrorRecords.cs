using System.Management.Automation;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Keys;
using LowMem.Checkpoints.Parts;
using LowMem.Checkpoints.Verification;
using LowMem.Loader;

namespace LowMem.PowerShell.Errors;

/// <summary>Makes the error records of all cmdlets: fixed id, category, target.</summary>
internal static class ErrorRecords
{
    /// <summary>Whether an exception says by itself what is wrong, so that it is an error and no bug.</summary>
    public static bool IsExpected(Exception exception) => exception is CheckpointException or KeyMapException or ModelException or OutOfMemoryException;

    /// <summary>The record for an exception of the libraries.</summary>
    public static ErrorRecord Of(Exception exception, object? target) => exception switch
    {
        CheckpointException checkpoint => Create(checkpoint, checkpoint.ErrorId, target ?? checkpoint.Path),
        KeyMapException map => Create(map, map.ErrorId, target),
        ModelException model => Create(model, model.ErrorId, target),
        OutOfMemoryException memory => Create(memory, ModelErrorIds.OutOfMemory, target),
        _ => new ErrorRecord(exception, exception.GetType().Name, ErrorCategory.NotSpecified, target),
    };

    /// <summary>One record for all that is wrong inside a checkpoint that could be listed all the same.</summary>
    public static ErrorRecord OfFindings(Checkpoint checkpoint, IReadOnlyList<CheckpointFinding> errors)
    {
        const int shown = 10;
        IEnumerable<string> more = errors.Count > shown ? [$"  and {errors.Count - shown} more"] : [];
        var exception = new CheckpointException(
            CheckpointErrorIds.FormatInvalid,
            checkpoint.Path,
            $"{errors.Count} {(errors.Count == 1 ? "fault" : "faults")}; what is at fault cannot be read:",
            lines: [.. errors.Take(shown).Select(finding => $"  {finding.Message}"), .. more]);
        return Of(exception, checkpoint.Path);
    }

    /// <summary>One error for all checkpoints that were to pass.</summary>
    /// <param name="failed">Those that did not.</param>
    /// <param name="passed">How many did.</param>
    public static CheckpointNotPassedException NotPassed(IReadOnlyList<CheckpointVerdict> failed, int passed)
    {
        if (failed.Count == 0)
        {
            return new CheckpointNotPassedException("There was no checkpoint to test, so none has passed.", []);
        }

        const int most = 1000;
        const int mostOfOne = 100;
        var lines = failed.SelectMany(verdict => Shorten(verdict.Findings, mostOfOne).Select(text => $"{verdict.Path}: {text}"));
        string message = $"{failed.Count} of {failed.Count + passed} {(failed.Count + passed == 1 ? "checkpoint" : "checkpoints")} did not pass:";
        return new CheckpointNotPassedException(
            string.Join($"{Environment.NewLine}  ", Shorten([.. lines], most).Prepend(message).Select(DisplayText.Line)), [.. failed]);
    }

    public static ErrorRecord NotFileSystem(string path, string provider) => new(
        new ArgumentException(DisplayText.Line($"'{path}' is a path of the provider {provider}, and not one of the file system: files alone are read and written here.")),
        ErrorIds.PathNotFileSystem,
        ErrorCategory.InvalidArgument,
        path);

    public static ErrorRecord AddressAsPath(string path)
    {
        string shown = path.IndexOf('?', StringComparison.Ordinal) is > 0 and int query ? path[..query] : path;
        return new ErrorRecord(
            new ArgumentException(DisplayText.Line($"'{shown}' is an address and no path: give it with -Uri, where the command has that.")),
            ErrorIds.PathNotFileSystem,
            ErrorCategory.InvalidArgument,
            shown);
    }

    public static ErrorRecord WildcardInvalid(string pattern, object? target) => new(
        new WildcardPatternException(DisplayText.Line(
            $"'{pattern}' is no wildcard pattern: a bracket is not closed. Put a backtick before a bracket that is meant as it is.")),
        ErrorIds.WildcardInvalid,
        ErrorCategory.InvalidArgument,
        target);

    /// <param name="path">The checkpoint.</param>
    /// <param name="key">What was asked for.</param>
    /// <param name="keys">The keys there are.</param>
    public static ErrorRecord KeyNotFound(string path, string key, IEnumerable<string> keys) => new(
        new KeyNotFoundException(DisplayText.Line($"{path}: there is no tensor '{key}'.{Meant(key, keys)} Get-CheckpointInfo lists the keys there are; wildcards are allowed.")),
        ErrorIds.KeyNotFound,
        ErrorCategory.ObjectNotFound,
        path);

    /// <param name="key">What was asked for.</param>
    /// <param name="keys">The keys there are.</param>
    /// <param name="target">The module.</param>
    public static ErrorRecord ParameterNotFound(string key, IEnumerable<string> keys, object target) => new(
        new KeyNotFoundException(DisplayText.Line($"The module has no parameter or buffer '{key}'.{Meant(key, keys)} Get-ModuleParameter lists those it has; wildcards are allowed.")),
        ErrorIds.ParameterNotFound,
        ErrorCategory.ObjectNotFound,
        target);

    public static ErrorRecord OutputExists(string path) => new(
        new IOException(DisplayText.Line($"{path}: there is such a file already. Name another one, or replace it with -Force.")),
        ErrorIds.OutputExists,
        ErrorCategory.ResourceExists,
        path);

    public static ErrorRecord OutputIsInput(string path) => new(
        new ArgumentException(DisplayText.Line($"{path}: this file is part of the checkpoint and would be lost. Name another one.")),
        ErrorIds.OutputIsInput,
        ErrorCategory.InvalidArgument,
        path);

    /// <summary>An error that was met by a part of a divided job.</summary>
    /// <param name="error">What the part kept of it.</param>
    public static ErrorRecord OfPart(JoinedError error) => new(
        new InvalidOperationException(DisplayText.Line(error.Message)),
        error.Id,
        Enum.TryParse<ErrorCategory>(error.Category, out var category) ? category : CategoryOf(error.Id),
        error.Target);

    public static ErrorRecord ParametersExclusive(string one, string other) => new(
        new ArgumentException(DisplayText.Line($"-{one} and -{other} cannot be given together: choose one.")),
        ErrorIds.ParametersExclusive,
        ErrorCategory.InvalidArgument,
        targetObject: null);

    public static ErrorRecord RecurseNeedsList() => new(
        new ArgumentException(
            "-Uri and -Recurse cannot be given together: a server does not tell what is in a directory. Name each checkpoint; -Uri takes many, and a directory that has one."),
        ErrorIds.ParametersExclusive,
        ErrorCategory.InvalidArgument,
        targetObject: null);

    public static ErrorRecord OutputFormatUnknown(string path) => new(
        new ArgumentException(DisplayText.Line($"{path}: the extension names no format. Use .sarif, .xml (JUnit), .md or .csv, or say -Format.")),
        ErrorIds.OutputFormatUnknown,
        ErrorCategory.InvalidArgument,
        path);

    /// <param name="path">What was given.</param>
    /// <param name="paths">What it stands for.</param>
    public static ErrorRecord ReferenceAmbiguous(string path, IReadOnlyList<string> paths) => new(
        new ArgumentException(DisplayText.Line($"{path}: {paths.Count} files match, and one is compared with. Name it: {DisplayText.Names(paths, 10)}.")),
        ErrorIds.ReferenceAmbiguous,
        ErrorCategory.InvalidArgument,
        path);

    public static ErrorRecord NoVerdict(object? target) => new(
        new ArgumentException("This is no verdict of Test-Checkpoint."),
        ErrorIds.NoVerdict,
        ErrorCategory.InvalidType,
        target);

    public static ErrorRecord ParameterMissing(string given, string needed) => new(
        new ArgumentException($"-{given} needs -{needed} with it."),
        ErrorIds.ParameterMissing,
        ErrorCategory.InvalidArgument,
        targetObject: null);

    /// <param name="slice">What was to be a slice.</param>
    /// <param name="problem">What is wrong, and where.</param>
    public static ErrorRecord SliceInvalid(string slice, string problem) => new(
        new ArgumentException(DisplayText.Line($"'{slice}' is no slice: {problem}. One in Python's notation is '0:10, :, -1'.")),
        CheckpointErrorIds.SliceInvalid,
        ErrorCategory.InvalidArgument,
        slice);

    /// <param name="shard">What was to be a shard.</param>
    /// <param name="problem">What is wrong.</param>
    public static ErrorRecord ShardInvalid(string shard, string problem) => new(
        new ArgumentException(DisplayText.Line($"'{shard}' is no shard: {problem}.")),
        CheckpointErrorIds.ShardInvalid,
        ErrorCategory.InvalidArgument,
        shard);

    /// <param name="problem">What is wrong, as a sentence.</param>
    /// <param name="target">What was to be a rule.</param>
    public static ErrorRecord ShardRuleInvalid(string problem, object? target) => new(
        new ArgumentException(DisplayText.Line($"The model cannot be split: {problem}")),
        CheckpointErrorIds.ShardInvalid,
        ErrorCategory.InvalidArgument,
        target);

    public static ErrorRecord KeyMapUnsupported(object value) => new(
        new ArgumentException(DisplayText.Line($"-KeyMap takes a dictionary of rules, such as [ordered]@{{ 'bert.*' = '*' }}, or a script block, and not a {value.GetType().Name}.")),
        CheckpointErrorIds.KeyMapInvalid,
        ErrorCategory.InvalidArgument,
        value);

    public static ErrorRecord ReadOnly(string path) => RecordedException.Wrap(new ErrorRecord(
        new NotSupportedException(DisplayText.Line($"{path}: a checkpoint is read-only as a drive. Convert-Checkpoint writes it, or items of it, to a new file.")),
        ErrorIds.ReadOnly,
        ErrorCategory.PermissionDenied,
        path));

    public static ErrorRecord ItemNotFound(string path) => new(
        new ItemNotFoundException(DisplayText.Line($"{path}: there is no such item in the checkpoint. Get-ChildItem lists what there is.")),
        ErrorIds.ItemNotFound,
        ErrorCategory.ObjectNotFound,
        path);

    public static ErrorRecord NoContent(string path) => new(
        new InvalidOperationException(DisplayText.Line($"{path}: this is a module, and no tensor or value. Name one below it; Get-ChildItem lists them.")),
        ErrorIds.NoContent,
        ErrorCategory.InvalidOperation,
        path);

    /// <param name="path">The item.</param>
    /// <param name="name">What was asked for.</param>
    /// <param name="names">The properties there are.</param>
    public static ErrorRecord PropertyNotFound(string path, string name, IEnumerable<string> names) => new(
        new PSArgumentException(DisplayText.Line($"{path}: there is no property '{name}'. There are {string.Join(", ", names)}.")),
        ErrorIds.PropertyNotFound,
        ErrorCategory.ObjectNotFound,
        path);

    private static string Meant(string name, IEnumerable<string> names) =>
        EditDistance.FindNearest(name, names) is { } near ? $" Did you mean '{DisplayText.Name(near)}'?" : string.Empty;

    private static IEnumerable<string> Shorten<T>(IReadOnlyCollection<T> items, int most)
        where T : notnull
    {
        var texts = items.Take(most).Select(item => item.ToString()!);
        return items.Count > most ? texts.Append($"and {items.Count - most} more, which the error's target holds") : texts;
    }

    private static ErrorRecord Create(Exception exception, string errorId, object? target)
    {
        var record = new ErrorRecord(exception, errorId, CategoryOf(errorId), target);
        if (RecommendedActionFor(errorId, exception) is { } action)
        {
            record.ErrorDetails = new ErrorDetails(exception.Message) { RecommendedAction = action };
        }

        return record;
    }

    /// <summary>What parameters help, which the libraries do not know of; PowerShell shows it below the message.</summary>
    private static string? RecommendedActionFor(string errorId, Exception exception) => errorId switch
    {
        CheckpointErrorIds.Unsafe when exception is CheckpointException { CanBeAllowed: true } =>
            "Where you know the origin of the file, -AllowUnsafeGlobals loads its tensors; nothing in it is run.",
        ModelErrorIds.Mismatch =>
            "Rename keys with -KeyMap, choose them with -Prefix, -Include and -Exclude, or let differences pass with "
            + "-AllowMissing, -AllowUnexpected and -AllowShapeMismatch.",
        ModelErrorIds.OutOfMemory =>
            "Measure-ModelMemory says what a load needs, and what there is.",
        _ => null,
    };

    private static ErrorCategory CategoryOf(string errorId) => errorId switch
    {
        CheckpointErrorIds.NotFound => ErrorCategory.ObjectNotFound,
        CheckpointErrorIds.NotRegularFile => ErrorCategory.InvalidType,
        CheckpointErrorIds.AccessDenied => ErrorCategory.PermissionDenied,
        CheckpointErrorIds.Unsupported or CheckpointErrorIds.ConversionUnsupported or ModelErrorIds.ModuleUnsupported => ErrorCategory.NotImplemented,
        CheckpointErrorIds.Unsafe => ErrorCategory.SecurityError,
        CheckpointErrorIds.SliceInvalid or CheckpointErrorIds.ShardInvalid or CheckpointErrorIds.OutputIsInput or CheckpointErrorIds.OutputFormatUnknown or CheckpointErrorIds.OutputNameInvalid => ErrorCategory.InvalidArgument,
        CheckpointErrorIds.OutputExists or CheckpointErrorIds.ConversionUnfinished => ErrorCategory.ResourceExists,
        CheckpointErrorIds.OutputDiskFull => ErrorCategory.ResourceUnavailable,
        CheckpointErrorIds.UriInvalid => ErrorCategory.InvalidArgument,
        CheckpointErrorIds.RemoteUnavailable => ErrorCategory.ConnectionError,
        CheckpointErrorIds.RemoteAnswerInvalid => ErrorCategory.ProtocolError,
        CheckpointErrorIds.RemoteRangesUnsupported => ErrorCategory.NotImplemented,
        CheckpointErrorIds.RemoteRedirectRefused or CheckpointErrorIds.RemoteUnencrypted => ErrorCategory.SecurityError,
        CheckpointErrorIds.ConversionNotVerified => ErrorCategory.WriteError,
        ModelErrorIds.RuntimePackageNotFound => ErrorCategory.ObjectNotFound,
        ModelErrorIds.RuntimePackageInvalid => ErrorCategory.SecurityError,
        ModelErrorIds.RuntimeNotWritten => ErrorCategory.WriteError,
        ModelErrorIds.NativeLibraryNotFound or ModelErrorIds.NativeLibraryIncompatible => ErrorCategory.NotInstalled,
        ModelErrorIds.DeviceUnavailable or ModelErrorIds.OutOfMemory => ErrorCategory.ResourceUnavailable,
        ModelErrorIds.SkeletonInvalid or ModelErrorIds.ModuleInvalid or ModelErrorIds.ValuesMissing or CheckpointErrorIds.KeyMapInvalid or ModelErrorIds.ImportOptionsInvalid => ErrorCategory.InvalidArgument,
        _ => ErrorCategory.InvalidData,
    };
}
