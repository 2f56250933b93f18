using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.Foreign;
using LowMem.Checkpoints.Formats.PyTorch.Legacy;
using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Formats.PyTorch.Zip;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.PyTorch.Bare;

/// <summary>
/// A file that is a pickle and nothing else, as <c>pickle.dump</c> writes: of a dict of numpy arrays, or of a state dict, in
/// which each storage is a legacy file in bytes (<see cref="PickledStorages"/>).
/// </summary>
internal static class BarePickleReader
{
    /// <summary>How much of what follows the pickle is looked through for others.</summary>
    private const long MaxRest = 16 << 20;

    /// <summary>Null when the file is no whole pickle, or one so plain that it may be anything.</summary>
    /// <param name="file">The file.</param>
    /// <param name="checkpoint">The path that was asked for.</param>
    /// <param name="reason">Why it is none although it starts like one; else null.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    public static Checkpoint? TryRead(
        RandomAccessSource file, string checkpoint, out CheckpointException? reason, CancellationToken cancellationToken)
    {
        reason = null;
        var source = new PickleSource(file.Name, null, 0, PickleSource.BudgetFor(file.StoredLength));
        var storages = new PickledStorages(file, cancellationToken);
        var pickle = PickleMachine.Read(
            new FilePickleInput(file, 0, file.Length), source, storages, cancellationToken);
        if (pickle.Globals.Any(global => JoblibFile.IsMark(global.FullName)))
        {
            // What comes next are raw bytes, of which no opcode may be made.
            throw JoblibFile.Create().ToException(file.Name).Naming(GlobalReport.Of([pickle], [RestOf(file, pickle)], cancellationToken));
        }

        if (pickle.BreaksFrames)
        {
            throw pickle.Error!.Naming(GlobalReport.Of([pickle, .. storages.Pickles], [], cancellationToken));
        }

        if (pickle.Error is not null || !IsWorthIt(file, pickle))
        {
            reason = Explain(file, pickle);
            return null;
        }

        var rest = RestOf(file, pickle);
        var globals = GlobalReport.Of([pickle, .. storages.Pickles], [rest], cancellationToken)
            .OrRefuse(file.Name);
        var factory = new TensorInfoFactory(file, checkpoint, CheckpointFormats.Pickle, storages.Table);
        // The weights of old model zoos are such arrays; beside tensors of PyTorch they are states of random numbers and the like.
        bool takesArrays = pickle.Globals.All(global => !global.FullName.StartsWith("torch.", StringComparison.Ordinal));
        var walker = ObjectTreeWalker.Walk(file, factory, pickle, cancellationToken, takesArrays: takesArrays);
        return new Checkpoint
        {
            Path = checkpoint,
            Format = CheckpointFormats.Pickle,
            Tensors = walker.Tensors,
            Values = walker.Values,
            DescribedKeys = walker.DescribedKeys,
            ModuleVersions = ModuleVersions.Find(pickle.Root, out var stateDicts),
            StateDicts = stateDicts,
            Globals = globals.All,
            UnknownGlobals = globals.Unknown,
            UnknownUses = globals.UnknownUses,
            UnsafeGlobals = globals.Unsafe,
            WeightsOnlyAnswer = WeightsOnlyAnswer.Refused("it is a pickle without the magic number of PyTorch", 0),
            Files = [file.Version],
            Storages = storages.Table.List(file.Name).Where(storage => !walker.OtherStorages.Contains(storage.Key)),
            Findings = [.. globals.Findings, .. Trailing(pickle, rest.Content.Length), .. walker.Findings],
        };
    }

    /// <summary>Why a file is no checkpoint that starts like a pickle; null when it does not start so.</summary>
    private static CheckpointException? Explain(RandomAccessSource file, PickleResult pickle)
    {
        if (file.Length < 2 || !HiddenRecords.StartsLikePickle(file.ReadRange(0, 2, "the start of the file")))
        {
            return null;
        }

        string what = pickle.Error is { } error
            ? $"starts like a Python pickle, and is none that can be read: {error.Detail}"
            : "is a Python pickle of a plain value, and bytes that belong to no pickle follow it.";
        return new CheckpointException(
            CheckpointErrorIds.FormatInvalid, file.Name, $"this is no checkpoint of a known format: it {what}")
        { Offset = pickle.Error?.Offset ?? 0 };
    }

    /// <summary>
    /// Protocols 0 and 1 have no mark of their own, and any file that begins with "N." is a pickle of None: two of the
    /// three signs have to be there.
    /// </summary>
    private static bool IsWorthIt(RandomAccessSource file, PickleResult pickle)
    {
        bool isWhole = pickle.ByteLength == file.Length;
        bool isContainer = pickle.Root is not PickleScalar;
        bool hasProtocol = file.ReadRange(0, 1, "the pickle")[0] == (byte)PickleOpcode.Proto;
        return pickle.Globals.Count > 0 || (isWhole && isContainer) || (hasProtocol && (isWhole || isContainer));
    }

    private static HiddenBytes RestOf(RandomAccessSource file, PickleResult pickle) => new(
        file.ReadRange(pickle.ByteLength, Math.Min(file.Length - pickle.ByteLength, MaxRest), "what follows the pickle"),
        "what follows the pickle",
        IsPickle: true);

    private static IEnumerable<CheckpointFinding> Trailing(PickleResult pickle, int length) => length == 0
        ? []
        : [new CheckpointFinding(
            FindingSeverity.Warning, FindingCodes.TrailingBytes, null, pickle.ByteLength, "bytes follow the end of the pickle")];
}
