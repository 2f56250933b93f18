using LowMem.Checkpoints.IO;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Safety.WeightsOnly;

namespace LowMem.Checkpoints.Formats.PyTorch;

/// <summary>
/// A file that is a pickle and nothing else, such as <c>pickle.dump</c> of a dict of numpy arrays writes. It has no
/// storages; what it has are values, and the globals that <c>torch.load</c> would resolve if it were given the file.
/// </summary>
internal static class BarePickleReader
{
    /// <summary>How much of what follows the pickle is looked through for others.</summary>
    private const long MaxRest = 16 << 20;

    /// <summary>Null when the file is no whole pickle, or one so plain that it may be anything.</summary>
    public static Checkpoint? TryRead(CheckpointFileReader file, string checkpoint, CancellationToken cancellationToken)
    {
        var source = new PickleSource(file.Path, null, 0, PickleSource.BudgetFor(file.Length));
        var pickle = PickleMachine.ReadAsFarAsPossible(
            new FilePickleInput(file, 0, file.Length), source, persistentLoader: null, cancellationToken);
        if (pickle.BreaksFrames)
        {
            throw pickle.Error!.Naming(GlobalReport.Of([pickle], [], cancellationToken));
        }

        if (pickle.Error is not null || !IsWorthIt(file, pickle))
        {
            return null;
        }

        byte[] rest = file.ReadRange(
            pickle.ByteLength, Math.Min(file.Length - pickle.ByteLength, MaxRest), "what follows the pickle");
        var globals = GlobalReport.Of([pickle], [new HiddenBytes(rest, "what follows the pickle", IsPickle: true)], cancellationToken)
            .OrRefuse(file.Path);
        var factory = new TensorInfoFactory(file, checkpoint, CheckpointFormats.Pickle, new NoStorages());
        var walker = ObjectTreeWalker.Walk(file, factory, pickle, cancellationToken);
        return new Checkpoint
        {
            Path = checkpoint,
            Format = CheckpointFormats.Pickle,
            Tensors = walker.Tensors,
            Values = walker.Values,
            ModuleVersions = ModuleVersions.Find(pickle.Root),
            Globals = globals.All,
            UnknownGlobals = globals.Unknown,
            UnknownUses = globals.UnknownUses,
            UnsafeGlobals = globals.Unsafe,
            WeightsOnlyAnswer = WeightsOnlyAnswer.Refused("it is a pickle without the magic number of PyTorch", 0),
            Files = [file.Describe()],
            Findings = [.. globals.Findings, .. Trailing(pickle, rest), .. walker.Findings],
        };
    }

    /// <summary>
    /// Protocols 0 and 1 have no mark of their own, and any file that begins with "N." is a pickle of None: two of the
    /// three signs have to be there.
    /// </summary>
    private static bool IsWorthIt(CheckpointFileReader file, PickleResult pickle)
    {
        bool isWhole = pickle.ByteLength == file.Length;
        bool isContainer = pickle.Root is not PickleScalar;
        bool hasProtocol = file.ReadRange(0, 1, "the pickle")[0] == (byte)PickleOpcode.Proto;
        return pickle.Globals.Count > 0 || (isWhole && isContainer) || (hasProtocol && (isWhole || isContainer));
    }

    private static IEnumerable<CheckpointFinding> Trailing(PickleResult pickle, byte[] rest) => rest.Length == 0
        ? []
        : [new CheckpointFinding(
            FindingSeverity.Warning, FindingCodes.TrailingBytes, null, pickle.ByteLength, "bytes follow the end of the pickle")];

    private sealed class NoStorages : IStorageResolver
    {
        public ResolvedStorage Resolve(PicklePersistentId id) =>
            throw new TensorProblemException(FindingCodes.StorageMissing, "the file is a pickle alone and has no storages");
    }
}
