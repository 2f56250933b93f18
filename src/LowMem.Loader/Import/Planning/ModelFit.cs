using System.Runtime.CompilerServices;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values;
using LowMem.Loader.Modules;
using LowMem.Loader.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Import.Planning;

/// <summary>Finds out whether a checkpoint could be bound to a module, and touches neither.</summary>
public static class ModelFit
{
    /// <summary>A key of the module is not in the checkpoint.</summary>
    public const string KeyMissing = "ModuleKeyMissing";

    /// <summary>A key of the checkpoint is not in the module.</summary>
    public const string KeyUnexpected = "ModuleKeyUnexpected";

    /// <summary>A key stands for tensors of different shapes.</summary>
    public const string ShapeMismatch = "ModuleShapeMismatch";

    /// <summary>The element type has no place in the module.</summary>
    public const string DTypeMismatch = "ModuleDTypeMismatch";

    /// <summary>The element type is another one, and would be cast.</summary>
    public const string DTypeCast = "ModuleDTypeCast";

    /// <summary>The values of the tensor cannot be read.</summary>
    public const string Unreadable = "ModuleTensorUnreadable";

    /// <summary>Several tensors of the checkpoint have equal right to one parameter.</summary>
    public const string Ambiguous = "ModuleKeyAmbiguous";

    /// <summary>Compares keys, shapes and element types as an import would.</summary>
    /// <param name="module">A module of TorchSharp; as an object, so that nobody loads TorchSharp by naming this method.</param>
    /// <param name="checkpoint">What is in the file.</param>
    /// <param name="prefix">What the checkpoint's keys have in front of the module's; null finds it.</param>
    /// <param name="cancellationToken">Ends the comparison early.</param>
    /// <returns>An error for each thing that would stop an import, and information on each cast.</returns>
    /// <exception cref="ArgumentException">The object is no module.</exception>
    /// <exception cref="ModelException">libtorch does not load, or the module cannot be walked.</exception>
    public static IReadOnlyList<CheckpointFinding> Check(
        object module, Checkpoint checkpoint, string? prefix = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(checkpoint);
        NativeLibraryLoader.EnsureLoaded();
        return CheckModule(module, checkpoint, prefix, cancellationToken);
    }

    /// <summary>How many parameters and buffers a module has.</summary>
    /// <param name="module">A module of TorchSharp, of which <see cref="Check"/> was asked before.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int CountParameters(object module) => ModuleTree.GetParameters((nn.Module)module).Count;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static IReadOnlyList<CheckpointFinding> CheckModule(
        object module, Checkpoint checkpoint, string? prefix, CancellationToken cancellationToken)
    {
        if (module is not nn.Module model)
        {
            throw new ArgumentException($"A {module.GetType()} is no module of TorchSharp.", nameof(module));
        }

        // Whether the file is safe is another question, and has been answered elsewhere.
        var options = new ImportOptions { Prefix = prefix, AllowUnsafeGlobals = true };
        using var reader = new TensorDataReader(checkpoint);
        try
        {
            // Nor is this about what is wrong with the file itself, which has findings of its own.
            var plan = ImportPlan.Create(
                ModuleTree.GetParameters(model), checkpoint with { Findings = [], MissingKeys = [] }, options, DeviceType.CPU, reader, cancellationToken);
            return [.. plan.Tensors.Where(planned => planned.IsCast).Select(Describe)];
        }
        catch (ModelMismatchException exception)
        {
            return [.. exception.Mismatches.Select(Describe)];
        }
        catch (ModelException exception) when (exception.ErrorId == ModelErrorIds.Mismatch)
        {
            return [new CheckpointFinding(FindingSeverity.Error, Ambiguous, null, null, exception.Message.TrimEnd('.'))];
        }
    }

    private static CheckpointFinding Describe(PlannedTensor planned) => new(
        FindingSeverity.Information,
        DTypeCast,
        planned.Source.Key,
        null,
        $"{DisplayText.Name(planned.Parameter.Key)} is {planned.Parameter.DType} in the module and {planned.Source.DType} in the checkpoint; an import casts it");

    private static CheckpointFinding Describe(ModelMismatch mismatch) => new(
        FindingSeverity.Error,
        mismatch.Kind switch
        {
            ModelMismatchKind.MissingKey => KeyMissing,
            ModelMismatchKind.UnexpectedKey => KeyUnexpected,
            ModelMismatchKind.Shape => ShapeMismatch,
            ModelMismatchKind.DType => DTypeMismatch,
            ModelMismatchKind.Unreadable => Unreadable,
            _ => Ambiguous,
        },
        mismatch.Key,
        null,
        mismatch.ToString());
}
