using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Safety.WeightsOnly;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.PyTorch.Legacy;

/// <summary>
/// What <c>torch.save</c> wrote from PyTorch 0.1.10 to 1.5, and still does when asked to: a pickle each of a magic
/// number, the protocol version, facts about the machine, the object and the list of storage keys; then, for each key
/// in that order, the number of elements (64 bits) and the elements themselves.
/// </summary>
internal static class LegacyReader
{
    /// <summary><c>PROTOCOL_VERSION</c> of torch/serialization.py.</summary>
    private const long ProtocolVersion = 1001;

    public static Checkpoint Read(RandomAccessSource file, string checkpoint, CancellationToken cancellationToken)
    {
        var pickles = new List<PickleResult>();
        try
        {
            return Read(file, checkpoint, pickles, cancellationToken);
        }
        catch (CheckpointException error)
        {
            throw error.Naming(GlobalReport.Of(pickles));
        }
    }

    private static Checkpoint Read(
        RandomAccessSource file, string checkpoint, List<PickleResult> pickles, CancellationToken cancellationToken)
    {
        var stream = new StackedPickles(file, 0, file.Length, pickles, cancellationToken);
        stream.Read("magic number");
        if (stream.Read("protocol version").Root is not PickleScalar { Value: ProtocolVersion } version)
        {
            throw new CheckpointException(
                CheckpointErrorIds.Unsupported,
                file.Name,
                $"this legacy PyTorch file does not have the protocol version {ProtocolVersion}, the only one there was.");
        }

        var system = stream.Read("sys_info");
        var ids = new LegacyPersistentIds();
        var pickle = stream.Read("object", ids);
        var keys = PythonValues.AsSequence(stream.Read("storage keys").Root)
            ?? throw stream.Invalid("the storage keys of this legacy PyTorch file are no list");
        var findings = new List<CheckpointFinding>();
        var storages = new LegacyStorageLocator(file, stream, ids.Storages, findings).Locate(keys);
        var factory = new TensorInfoFactory(file, checkpoint, CheckpointFormats.PyTorchLegacy, storages);
        var walker = ObjectTreeWalker.Walk(file, factory, pickle, cancellationToken);
        var globals = GlobalReport.Of(pickles, [stream.ReadRest("last storage")], cancellationToken)
            .OrRefuse(file.Name);
        return new Checkpoint
        {
            Path = checkpoint,
            Format = CheckpointFormats.PyTorchLegacy,
            FormatVersion = PythonText.OfKey(version),
            Tensors = walker.Tensors,
            Values = walker.Values,
            DescribedKeys = walker.DescribedKeys,
            ModuleVersions = ModuleVersions.Find(pickle.Root, out var stateDicts),
            StateDicts = stateDicts,
            Globals = globals.All,
            UnknownGlobals = globals.Unknown,
            UnknownUses = globals.UnknownUses,
            UnsafeGlobals = globals.Unsafe,
            WeightsOnlyAnswer = WeightsOnlyCheck.Of(file, pickles, cancellationToken),
            Metadata = LegacyMetadata.Of(system.Root, ids.Sources),
            Files = [file.Version],
            Storages = storages.List(file.Name).Where(storage => !walker.OtherStorages.Contains(storage.Key)),
            Findings = [.. findings, .. globals.Findings, .. walker.Findings],
        };
    }
}
