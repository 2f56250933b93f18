using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Loader.Import.Keys;
using LowMem.Loader.Meta;
using LowMem.Loader.Native;
using LowMem.Loader.Skeletons.Containers;
using LowMem.Loader.Skeletons.Definition;
using LowMem.Loader.Skeletons.Definition.Text;
using LowMem.Loader.Skeletons.FromCheckpoint;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons;

/// <summary>Builds modules whose parameters have shapes and no values: everything is on the meta device.</summary>
public static class SkeletonBuilder
{
    /// <summary>Builds what a function returns, with meta as the default device while it runs.</summary>
    /// <param name="create">
    /// Returns a module; or an ordered dictionary of name and module; or a list of modules, whose names are their
    /// positions. Dictionaries and lists may be nested, and become <see cref="ModuleContainer"/>s.
    /// </param>
    /// <param name="unwrap">Takes the wrapper off a value that a script returned; null when there are no wrappers.</param>
    /// <param name="onAllocated">
    /// Told the bytes that were allocated for values while the module was made, and are free again: constructors of modules
    /// that compute in C++ do not ask for the default device. Not called when there were none.
    /// </param>
    /// <exception cref="ModelException">What was returned is not made of modules.</exception>
    /// <exception cref="NativeLibraryNotFoundException">libtorch is not there or does not load.</exception>
    public static nn.Module FromFactory(
        Func<object?> create, Func<object?, object?>? unwrap = null, Action<long>? onAllocated = null)
    {
        ArgumentNullException.ThrowIfNull(create);
        NativeLibraryLoader.EnsureLoaded();
        return Build(() => new ModuleAssembler(unwrap).Assemble(create()), onAllocated);
    }

    /// <summary>Creates a module of a type in an assembly, with meta as the default device.</summary>
    /// <param name="assemblyPath">The path of the .NET assembly. It is loaded into this process, and its code runs.</param>
    /// <param name="typeName">The name of the type, with or without its namespace.</param>
    /// <param name="arguments">What its constructor takes; converted where needed (numbers, enums, devices, dtypes, arrays).</param>
    /// <param name="onAllocated">As in <see cref="FromFactory"/>.</param>
    /// <exception cref="ModelException">The assembly, type or constructor is not there, or the constructor failed.</exception>
    /// <exception cref="NativeLibraryNotFoundException">libtorch is not there or does not load.</exception>
    public static nn.Module FromAssembly(
        string assemblyPath, string typeName, IReadOnlyList<object?>? arguments = null, Action<long>? onAllocated = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(assemblyPath);
        ArgumentException.ThrowIfNullOrWhiteSpace(typeName);
        NativeLibraryLoader.EnsureLoaded();
        var type = ModuleTypes.Find(assemblyPath, typeName);
        return Build(() => ModuleActivator.Create(type, arguments ?? []), onAllocated);
    }

    /// <summary>Builds a tree of <see cref="ModuleContainer"/>s that has the names, shapes and dtypes of a checkpoint.</summary>
    /// <param name="checkpoint">What to build after; none of its data is read.</param>
    /// <param name="prefix">
    /// The sub-dictionary that holds the weights; its name is left out of the keys. Null: found by
    /// <see cref="StateDictPrefix.Find(Checkpoint)"/>; empty: the whole checkpoint.
    /// </param>
    /// <param name="cancellationToken">Ends the building early.</param>
    /// <exception cref="CheckpointException">A part of the checkpoint is missing or at fault.</exception>
    /// <exception cref="ModelException">Nothing is under the prefix, or a tensor is of a kind that modules cannot hold.</exception>
    /// <exception cref="NativeLibraryNotFoundException">libtorch is not there or does not load.</exception>
    public static ModuleContainer FromCheckpoint(
        Checkpoint checkpoint, string? prefix = null, CancellationToken cancellationToken = default) =>
        FromCheckpoint(checkpoint, prefix, onLoss: null, cancellationToken);

    /// <summary>Builds a tree as above; what is lost may be missing.</summary>
    /// <inheritdoc cref="FromCheckpoint(Checkpoint, string?, CancellationToken)"/>
    /// <param name="checkpoint">What to build after; none of its data is read.</param>
    /// <param name="prefix">The sub-dictionary that holds the weights, or null to find it.</param>
    /// <param name="onLoss">
    /// Told what is left out, if anything is, because it is missing from the checkpoint or cannot be read; null: that is an error.
    /// </param>
    /// <param name="cancellationToken">Ends the building early.</param>
    public static ModuleContainer FromCheckpoint(
        Checkpoint checkpoint, string? prefix, Action<CheckpointLoss>? onLoss, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return FromPart(CheckpointPart.Take(checkpoint, prefix, onLoss, cancellationToken), cancellationToken);
    }

    internal static ModuleContainer FromPart(CheckpointPart part, CancellationToken cancellationToken)
    {
        NativeLibraryLoader.EnsureLoaded();
        return CheckpointSkeleton.Build(part, cancellationToken);
    }

    /// <summary>Builds the module that the text of <c>print(model)</c> describes.</summary>
    /// <param name="text">
    /// What PyTorch prints. Layers become modules of TorchSharp, or modules here with the same parameters; classes that
    /// are no layers become <see cref="ModuleContainer"/>s. Only those known to be sequences run: <c>Sequential</c>, and those
    /// that <paramref name="isSequence"/> names.
    /// </param>
    /// <param name="checkpoint">
    /// The model's checkpoint, or null. It gives what the text does not show: tensors that classes hold themselves,
    /// sizes that are not printed, and which keys are one tensor. None of its data is read.
    /// </param>
    /// <param name="prefix">
    /// The sub-dictionary of the checkpoint that holds the weights, as in
    /// <see cref="FromCheckpoint(Checkpoint, string?, CancellationToken)"/>.
    /// </param>
    /// <param name="source">What the text is called in errors, such as its path; null: the definition.</param>
    /// <param name="isSequence">
    /// Asked for each class that is no layer and has modules, by its name: whether it runs them in order. Null: none does but
    /// <c>Sequential</c>.
    /// </param>
    /// <param name="onLoss">Told what is missing from the checkpoint, if anything is; null: that is an error.</param>
    /// <param name="cancellationToken">Ends the building early.</param>
    /// <exception cref="CheckpointException">A part of the checkpoint is missing or at fault.</exception>
    /// <exception cref="ModelException">The text is not understood; the error names line and column.</exception>
    /// <exception cref="NativeLibraryNotFoundException">libtorch is not there or does not load.</exception>
    public static nn.Module FromDefinition(
        string text,
        Checkpoint? checkpoint = null,
        string? prefix = null,
        string? source = null,
        Func<string, bool>? isSequence = null,
        Action<CheckpointLoss>? onLoss = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        var definition = new DefinitionText(text, source ?? "The definition");
        var root = DefinitionParser.Parse(definition, cancellationToken);
        var known = checkpoint is null ? null : DefinitionCheckpoint.Take(checkpoint, prefix, root, onLoss, cancellationToken);
        NativeLibraryLoader.EnsureLoaded();
        var module = Build(() => new DefinitionSkeleton(definition, known, isSequence, cancellationToken).Build(root));
        known?.Tie(module);
        return module;
    }

    /// <summary>Builds the module that a text file describes, as <see cref="FromDefinition"/> does.</summary>
    /// <param name="path">The file; UTF-8, or with a byte order mark that says what else.</param>
    /// <param name="checkpoint">The model's checkpoint, or null.</param>
    /// <param name="prefix">The sub-dictionary of the checkpoint that holds the weights.</param>
    /// <param name="isSequence">As in <see cref="FromDefinition"/>.</param>
    /// <param name="onLoss">As in <see cref="FromDefinition"/>.</param>
    /// <param name="cancellationToken">Ends the building early.</param>
    /// <exception cref="ModelException">The file cannot be read, or its text is not understood.</exception>
    /// <exception cref="NativeLibraryNotFoundException">libtorch is not there or does not load.</exception>
    public static nn.Module FromDefinitionFile(
        string path,
        Checkpoint? checkpoint = null,
        string? prefix = null,
        Func<string, bool>? isSequence = null,
        Action<CheckpointLoss>? onLoss = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return FromDefinition(DefinitionText.ReadFile(path), checkpoint, prefix, path, isSequence, onLoss, cancellationToken);
    }

    private static nn.Module Build(Func<nn.Module> create, Action<long>? onAllocated = null)
    {
        var module = MetaDefault.Run(create);
        if (MetaMover.Move(module) is { FreedBytes: > 0 and var bytes })
        {
            onAllocated?.Invoke(bytes);
        }

        return module;
    }
}
