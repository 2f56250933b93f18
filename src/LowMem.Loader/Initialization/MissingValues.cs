using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Loader.Memory;
using LowMem.Loader.Memory.Limits;
using LowMem.Loader.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace LowMem.Loader.Initialization;

/// <summary>Makes initial values for the tensors of a module that are on meta and get none from a checkpoint.</summary>
internal sealed class MissingValues : IDisposable
{
    private readonly List<(ModuleParameter Parameter, Tensor Value)> values = [];

    /// <summary>The tensors, and their values beside the module.</summary>
    public IReadOnlyList<(ModuleParameter Parameter, Tensor Value)> Values => values;

    /// <summary>Makes the values, in the order of the module's state dict.</summary>
    /// <param name="root">The module; it is not changed.</param>
    /// <param name="entries">All of its tensors.</param>
    /// <param name="hasValue">Whether a tensor gets its value from elsewhere.</param>
    /// <param name="getType">The element type that a tensor is to have.</param>
    /// <param name="device">Where the values are to be.</param>
    /// <param name="seed">Where the random numbers begin; null for libtorch's own source.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="ModelException">There is not enough memory.</exception>
    public void Create(
        nn.Module root,
        IReadOnlyList<ModuleParameter> entries,
        Func<ModuleParameter, bool> hasValue,
        Func<ModuleParameter, ScalarType> getType,
        Device device,
        long? seed,
        CancellationToken cancellationToken)
    {
        using var noGradient = no_grad();
        using var generator = seed is { } number ? new Generator(unchecked((ulong)number), CPU) : null;
        var rules = new ModuleRules(root, entries);
        foreach (var entry in entries.Where(entry => entry.TiedTo is null && entry.Device == "meta" && !hasValue(entry)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var type = getType(entry);
            if (rules.Find(entry) is { } rule && CanFill(rule, type))
            {
                values.Add((entry, Create(entry, rule, type, device, generator)));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => values.ForEach(entry => entry.Value.Dispose());

    private static bool CanFill(InitialValue rule, ScalarType type) =>
        rule is InitialValue.Constant
        || (ScalarTypes.CanRequireGrad(type) && type is not (ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64));

    private static Tensor Create(ModuleParameter entry, InitialValue rule, ScalarType type, Device device, Generator? generator)
    {
        // libtorch has no random numbers of narrow types: those are made in single precision first.
        var isDirect = rule is InitialValue.Constant
            || type is ScalarType.Float32 or ScalarType.Float64 or ScalarType.Float16 or ScalarType.BFloat16;
        var made = Allocate(entry, isDirect ? type : ScalarType.Float32);
        rule.Fill(made, generator);
        if (isDirect && device.type == DeviceType.CPU)
        {
            return made;
        }

        using (made)
        {
            return made.to(type, device).DetachFromDisposeScope();
        }
    }

    private static Tensor Allocate(ModuleParameter entry, ScalarType type)
    {
        var elementSize = DType.Get(ScalarTypes.GetName(type)).ByteSize;
        try
        {
            return HeapMemory.CreateTensor(entry.Shape, type, elementSize);
        }
        catch (Exception error) when (MemoryErrors.IsOutOfMemory(error))
        {
            throw AvailableMemory.GetLimit().CreateError(
                $"the initial values of '{DisplayText.Name(entry.Key)}'", entry.ByteLength, "Free what is no longer used (Dispose, Move-ModuleToMeta).", error);
        }
    }
}
