using LowMem.Checkpoints.Containers.Tar;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Legacy;
using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.PyTorch.Tar;

/// <summary>
/// What <c>torch.save</c> wrote from PyTorch 0.1.1 to 0.1.9: a tar archive of the members <c>sys_info</c>,
/// <c>pickle</c> (the object), <c>tensors</c> (shapes and strides) and <c>storages</c> (elements).
/// </summary>
internal static class TarReader
{
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
        var findings = new List<CheckpointFinding>();
        var members = TarDirectory.Read(file, findings, cancellationToken);
        var streams = new List<(TarMember Member, StackedPickles Stream)>();
        var system = members.ByName.ContainsKey("sys_info") ? Open("sys_info").Read("sys_info").Root : PickleScalar.None;
        CheckSizes(file, system);
        var storages = TarStorages.Read(Open("storages"));

        // Without it the pickle describes its tensors itself, by the storages.
        bool hasTensors = members.ByName.ContainsKey("tensors") || !members.HasEnd;
        var ids = new TarPersistentIds(storages, hasTensors ? TarTensors.Read(Open("tensors"), storages) : []);
        var pickle = Open("pickle").Read("pickle", ids);
        if (!hasTensors && ids.HasUnknown)
        {
            _ = Open("tensors");
        }

        var factory = new TensorInfoFactory(file, checkpoint, CheckpointFormats.PyTorchTar, storages.Table);
        var walker = ObjectTreeWalker.Walk(file, factory, pickle, cancellationToken);
        var hidden = HiddenMembers.Read(file, members.All.Except(streams.Select(item => item.Member)), members.Slack, findings);
        var globals = GlobalReport.Of(
            pickles, streams.Select(item => item.Stream.ReadRest($"pickles in member '{item.Member.Name}'")).Concat(hidden), cancellationToken)
            .OrRefuse(file.Name);
        return new Checkpoint
        {
            Path = checkpoint,
            Format = CheckpointFormats.PyTorchTar,
            FormatVersion = (system as PickleMapping)?.Find("protocol_version") is { } version ? PythonText.OfKey(version) : null,
            Tensors = walker.Tensors,
            Values = walker.Values,
            DescribedKeys = walker.DescribedKeys,
            Globals = globals.All,
            UnknownGlobals = globals.Unknown,
            UnknownUses = globals.UnknownUses,
            UnsafeGlobals = globals.Unsafe,
            WeightsOnlyAnswer = WeightsOnlyAnswer.Refused("it is a tar archive of PyTorch 0.1"),
            Metadata = LegacyMetadata.Of(system, ids.Sources),
            Files = [file.Version],
            Storages = storages.Table.List(file.Name).Where(storage => !walker.OtherStorages.Contains(storage.Key)),
            Findings = [.. findings, .. globals.Findings, .. walker.Findings],
        };

        StackedPickles Open(string name)
        {
            if (!members.ByName.TryGetValue(name, out var member))
            {
                throw members.HasEnd
                    ? new CheckpointException(
                        CheckpointErrorIds.FormatInvalid, file.Name, $"this tar archive is no PyTorch checkpoint: it has no member '{name}'.")
                    : new CheckpointException(
                        CheckpointErrorIds.Truncated,
                        file.Name,
                        $"truncated: {file.Length} of at least {file.Length + 1} bytes. The tar archive ends before its member '{name}'. Get the file again.");
            }

            var stream = new StackedPickles(file, member.Offset, member.End, pickles, cancellationToken);
            streams.Add((member, stream));
            return stream;
        }
    }

    /// <summary>Shapes and strides are C longs, of 8 bytes wherever PyTorch ran in those days.</summary>
    private static void CheckSizes(RandomAccessSource file, PickleNode system)
    {
        if ((system as PickleMapping)?.Find("type_sizes") is PickleMapping sizes
            && sizes.Find("long") is PickleScalar { Value: long size and not 8 })
        {
            throw new CheckpointException(
                CheckpointErrorIds.Unsupported,
                file.Name,
                $"this tar archive comes from a machine whose long integers have {size} bytes; only 8 are read here.");
        }
    }
}
