using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sharding;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Verification;
using LowMem.Loader.Import.Keys;
using LowMem.Loader.Modules;
using TorchSharp;

namespace LowMem.Loader.Import.Planning;

/// <summary>What goes where, checked in full before anything is made or touched.</summary>
/// <param name="Prefix">What the checkpoint's keys have in front of the module's.</param>
/// <param name="Tensors">What each tensor of the module gets.</param>
/// <param name="MissingKeys">The module's keys that the checkpoint lacks.</param>
/// <param name="UnexpectedKeys">The checkpoint's keys under the prefix that the module lacks.</param>
internal sealed record ImportPlan(
    string Prefix, IReadOnlyList<PlannedTensor> Tensors, string[] MissingKeys, string[] UnexpectedKeys)
{
    /// <summary>The module's keys that have another shape in the checkpoint, and so get nothing.</summary>
    public string[] ShapeMismatchKeys { get; init; } = [];

    /// <summary>What older versions of PyTorch did not save, and starts at zero: counters of norms.</summary>
    public IReadOnlyList<ModuleParameter> ZeroParameters { get; init; } = [];

    /// <summary>What is wrong with the checkpoint and was let pass.</summary>
    public IReadOnlyList<CheckpointFinding> Faults { get; init; } = [];

    /// <summary>How many keys of the checkpoint a key map gave another name.</summary>
    public int RenamedCount { get; init; }

    /// <summary>How many keys of the checkpoint a key map left out.</summary>
    public int LeftOutCount { get; init; }

    /// <summary>The shard that is loaded; null when that is all of the checkpoint, or when it was split before.</summary>
    public ShardPlan? Shard { get; init; }

    /// <summary>How the values get into the module.</summary>
    /// <param name="resident">Whether all values are copied into memory.</param>
    /// <param name="isInMemory">Whether they stay in the memory of this machine.</param>
    public TransferPlan GetTransfers(bool resident, bool isInMemory) => new(
        Tensors.Select(planned => (planned.Source, DType.Get(ScalarTypes.GetName(planned.TargetType)))), resident, isInMemory);

    /// <summary>Checks a checkpoint against the entries of a module.</summary>
    /// <param name="entries">Everything in the module.</param>
    /// <param name="checkpoint">What is in the file.</param>
    /// <param name="options">How to load it.</param>
    /// <param name="device">Where the values are to be.</param>
    /// <param name="reader">Used only when tied keys are in the checkpoint twice and have to be compared.</param>
    /// <param name="cancellationToken">Ends the checks early.</param>
    /// <exception cref="CheckpointException">The file names globals that could run code.</exception>
    /// <exception cref="ModelException">Something does not fit; every such thing is named.</exception>
    public static ImportPlan Create(
        IReadOnlyList<ModuleParameter> entries,
        Checkpoint checkpoint,
        ImportOptions options,
        DeviceType device,
        TensorDataReader reader,
        CancellationToken cancellationToken)
    {
        RefuseUnsafe(checkpoint, options);
        options.Validate();
        checkpoint = checkpoint.WithoutAttributes();
        var groups = GetGroups(entries, options);
        var selector = new StateDictSelector(checkpoint.Path, checkpoint.Tensors, groups);
        var selection = options switch
        {
            { KeyMap: { } keyMap } => selector.Select(options.Prefix ?? StateDictPrefix.Find(checkpoint), keyMap),
            { Prefix: { } prefix } => selector.Select(prefix),
            _ => selector.Find(acceptPartial: options.AcceptsMissing),
        };

        var known = entries.Where(entry => entry.IsPersistent).Select(entry => entry.Key).ToHashSet(StringComparer.Ordinal);
        var faults = PassFaults(checkpoint, selection, known, options, cancellationToken);
        var older = new OlderFiles(checkpoint, selection);
        (selection, var shard) = ShardSelection.Split(
            checkpoint, selection, known.Union(groups.Select(group => older.FindOldName(group.Keys[0])).OfType<string>()).ToHashSet(StringComparer.Ordinal), options, cancellationToken);
        var checks = new PlanChecks(options, device, reader, cancellationToken);
        var planned = new List<PlannedTensor>(groups.Count);
        var missing = new List<ModelMismatch>();
        var missingParameters = new List<ModuleParameter>();
        var zeros = new List<ModuleParameter>();
        foreach (var (parameter, keys) in groups)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var found = Find(selection, keys);
            if (found.Count == 0 && older.FindOldName(keys[0]) is { } oldName)
            {
                found = selection.Tensors[oldName];
                known.Add(oldName);
            }

            if (found.Count > 0)
            {
                if (checks.Match(parameter, found) is { } match)
                {
                    planned.Add(match);
                }
            }
            else if (older.StartsAtZero(parameter))
            {
                zeros.Add(parameter);
            }
            else
            {
                missingParameters.Add(parameter);
                missing.Add(new ModelMismatch(
                    ModelMismatchKind.MissingKey, string.Join(" = ", keys), PlanChecks.Describe(parameter.DType, parameter.Shape), Found: null));
            }
        }

        checks.CheckTogether(planned);
        var leftOver = new List<(string Name, TensorInfo Tensor)>();
        foreach (var (key, tensors) in selection.Tensors)
        {
            if (!known.Contains(key) && options.KeyFilter?.Includes(key) != false)
            {
                leftOver.AddRange(tensors.Select(tensor => (key, tensor)));
            }
        }

        // A load of nothing is a mistake in any case: a wrong file, or a wrong prefix.
        var isMissingAllowed = options.AcceptsMissing && (planned.Count > 0 || checks.OtherShapes.Count > 0);
        var isUnfit = (missing.Count > 0 && !isMissingAllowed) || (leftOver.Count > 0 && !options.AllowUnexpected);
        if (isUnfit || checks.Faults.Count > 0)
        {
            var rename = isUnfit && options.KeyMap is null
                ? new RenameFinder(checkpoint.Tensors, groups, known, options, cancellationToken).Find(selection.Prefix, missingParameters)
                : null;
            rename = Advise(missing, missingParameters, planned, leftOver, rename);
            List<ModelMismatch> mismatches =
            [
                .. isMissingAllowed ? [] : missing,
                .. options.AllowUnexpected ? [] : leftOver.Select(Unexpected),
                .. checks.Faults,
            ];
            throw new ModelMismatchException(checkpoint.Path, selection.Prefix, [.. mismatches.OrderBy(fault => fault.Kind)], rename);
        }

        return new ImportPlan(
            selection.Prefix,
            planned,
            [.. missing.Select(fault => fault.Key)],
            [.. leftOver.Select(other => other.Tensor.Key)])
        {
            ShapeMismatchKeys = [.. checks.OtherShapes],
            ZeroParameters = zeros,
            Faults = faults,
            RenamedCount = selection.RenamedCount,
            LeftOutCount = selection.LeftOutCount,
            Shard = shard,
        };
    }

    private static ModelMismatch Unexpected((string Name, TensorInfo Tensor) other) => new(
        ModelMismatchKind.UnexpectedKey, other.Tensor.Key, Expected: null, PlanChecks.Describe(other.Tensor.DType, other.Tensor.Shape))
    {
        // PyTorch before 0.4 kept them for every instance norm.
        Advice = OlderFiles.IsRunningStatistic(other.Name)
            ? "A norm that does not track running statistics has no place for it. Leave it out, or build the norm with track_running_stats=True"
            : null,
    };

    // Returns the rename, if it is one to tell: of a weight that is there in parts, a rename would make another.
    private static KeyRename? Advise(
        List<ModelMismatch> missing,
        List<ModuleParameter> parameters,
        List<PlannedTensor> planned,
        List<(string Name, TensorInfo Tensor)> leftOver,
        KeyRename? rename)
    {
        for (var i = 0; i < missing.Count; i++)
        {
            missing[i] = missing[i] with { Advice = FindUntied(parameters[i], planned) };
        }

        rename = SplitWeights.Explain(missing, parameters, leftOver) ? null : rename;
        if (rename is null)
        {
            NearKeys.Suggest(missing, [.. parameters.Select(parameter => parameter.Shape)], leftOver);
        }

        return rename;
    }

    // A tensor that is listed and at fault is refused under its own name, if it is wanted; this is about what is not listed.
    private static IReadOnlyList<CheckpointFinding> PassFaults(
        Checkpoint checkpoint, StateDictSelection selection, HashSet<string> known, ImportOptions options, CancellationToken cancellationToken)
    {
        var lost = checkpoint.MissingKeys.ToHashSet(StringComparer.Ordinal);
        var faults = ContentFaults.Find(checkpoint, isWhole: false, cancellationToken)
            .Where(fault => fault.Keys is null || fault.Keys.Any(lost.Contains));
        return [.. ContentGate.Pass(checkpoint, faults, IsWanted, options.AllowMissing).Select(fault => fault.Finding)];

        bool IsWanted(string key)
        {
            if (!key.StartsWith(selection.Prefix, StringComparison.Ordinal))
            {
                return false;
            }

            var name = key[selection.Prefix.Length..];
            name = options.KeyMap is { } map ? map.Map(name) : name;
            return name is { Length: > 0 }
                && (!options.AllowUnexpected || known.Contains(name))
                && options.KeyFilter?.Includes(name) != false;
        }
    }

    // Files leave out the second name of a tied tensor, and no text of a model shows that it is tied.
    private static string? FindUntied(ModuleParameter missing, List<PlannedTensor> planned)
    {
        if (missing is not { IsBuffer: false, Name: "weight", ModuleType: "Linear" })
        {
            return null;
        }

        var twin = planned.Find(tensor =>
            tensor.Parameter is { IsBuffer: false, ModuleType: "Embedding" } && tensor.Parameter.Shape.AsSpan().SequenceEqual(missing.Shape));
        return twin is null
            ? null
            : $"If the model ties it to {DisplayText.Name(twin.Parameter.Key)}, which has this shape, tie the two first: $linear.weight = $embedding.weight";
    }

    /// <summary>Refuses a file that was made to do more than hold weights.</summary>
    /// <exception cref="CheckpointException">It names globals that could run code, and the options do not allow it.</exception>
    public static void RefuseUnsafe(Checkpoint checkpoint, ImportOptions options)
    {
        if (options.AllowUnsafeGlobals)
        {
            return;
        }

        if (checkpoint.Findings.FirstOrDefault(finding => finding.Code == FindingCodes.HiddenPickles) is { } hidden)
        {
            throw new CheckpointException(CheckpointErrorIds.Unsafe, checkpoint.Path, $"{hidden.Message}. Nothing is loaded.") { CanBeAllowed = true };
        }

        if (checkpoint.UnsafeGlobals.Count > 0)
        {
            throw new CheckpointException(
                CheckpointErrorIds.Unsafe,
                checkpoint.Path,
                $"the file names what could run code if PyTorch loaded it: {checkpoint.DescribeUnsafeGlobals()}. "
                + "Nothing was run here, and nothing is loaded. Get the weights from a source you trust, as safetensors if there is a choice.")
            { CanBeAllowed = true };
        }
    }

    // Names of one tensor go together: any of them will do in the checkpoint.
    private static List<TiedParameter> GetGroups(IReadOnlyList<ModuleParameter> entries, ImportOptions options)
    {
        var all = entries.Where(entry => entry.TiedTo is null)
            .Select(entry => new TiedParameter(entry, GetKeys(entry)))
            .Where(group => group.Keys.Length > 0)
            .ToList();
        if (options.KeyFilter is not { } filter)
        {
            return all;
        }

        // Every key is shown to the filter, so that it knows which of its names there are.
        var wanted = all.FindAll(group => Array.FindAll(group.Keys, filter.Includes).Length > 0);
        if (filter.Unmatched.ToArray() is { Length: > 0 } unmatched)
        {
            var near = EditDistance.FindNearest(unmatched[0], all.SelectMany(group => group.Keys));
            throw new ModelException(
                ModelErrorIds.Mismatch,
                $"The module has no '{string.Join("', '", unmatched)}', which is to be loaded. "
                + (near is null ? string.Empty : $"Did you mean '{DisplayText.Name(near)}'? ")
                + "It is as it was.");
        }

        return wanted.Count > 0 || all.Count == 0
            ? wanted
            : throw new ModelException(
                ModelErrorIds.Mismatch,
                $"None of the module's {all.Count} tensors is to be loaded: what is included or excluded leaves nothing. "
                + $"Its keys are such as '{DisplayText.Name(all[0].Keys[0])}'.");
    }

    private static string[] GetKeys(ModuleParameter parameter) => parameter.Ties switch
    {
        [{ IsPersistent: true } only] => [only.Key],
        var ties => [.. ties.Where(tie => tie.IsPersistent).Select(tie => tie.Key)],
    };

    private static List<TensorInfo> Find(StateDictSelection selection, string[] keys) => keys switch
    {
        [var only] => selection.Tensors.TryGetValue(only, out var found) ? found : [],
        _ => [.. keys.SelectMany(key => selection.Tensors.GetValueOrDefault(key, []))],
    };
}
