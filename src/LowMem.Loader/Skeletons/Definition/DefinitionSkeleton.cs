using System.Runtime.InteropServices;
using LowMem.Loader.Modules;
using LowMem.Loader.Native;
using LowMem.Loader.Skeletons.Containers;
using LowMem.Loader.Skeletons.Definition.Families;
using LowMem.Loader.Skeletons.Definition.Text;
using LowMem.Loader.Skeletons.Layers;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Definition;

/// <summary>Builds the modules that a parsed definition describes.</summary>
/// <remarks>Walks by recursion, at most as deep as <see cref="DefinitionParser.MaximumDepth"/>.</remarks>
/// <param name="source">The text.</param>
/// <param name="checkpoint">What the model's checkpoint knows, or null.</param>
/// <param name="isSequence">Whether a user says of a class that it runs its modules in order; null when nothing is said.</param>
/// <param name="cancellationToken">Ends the building early.</param>
internal sealed class DefinitionSkeleton(
    DefinitionText source, DefinitionCheckpoint? checkpoint, Func<string, bool>? isSequence, CancellationToken cancellationToken)
{
    /// <summary>Builds a module. Meta has to be the default device.</summary>
    /// <exception cref="ModelException">A layer cannot be made of what the text says; the error names line and column.</exception>
    public nn.Module Build(DefinitionNode node) => Build(node, path: string.Empty);

    private nn.Module Build(DefinitionNode node, string path)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var name = node.ShortName;
        if (LayerCatalogue.Find(name) is { } kind)
        {
            // A known layer with modules inside, as adapters make it: its own tensors, and those of the children.
            return node.Children.Count == 0 ? Create(kind, node, path) : Extend(kind, node, path);
        }

        if (name.StartsWith("Lazy", StringComparison.Ordinal) && LayerCatalogue.Find(name[4..]) is not null)
        {
            throw source.Invalid(
                node.Position, $"the sizes of '{node.ClassName}' are not known before its first run. Run the model once in PyTorch and print it again.");
        }

        var isContainer = LayerCatalogue.IsContainer(name);
        if (!isContainer && checkpoint is null && node.Children.Count == 0 && node.Arguments.Length > 0)
        {
            throw source.Invalid(
                node.Position,
                $"the class '{node.ClassName}' is not known, so its arguments do not say which tensors it has. Give the model's "
                + "checkpoint with -Checkpoint, which has them; or remove the arguments when the class has no tensors.");
        }

        return Contain(node, path, FindForward(node));
    }

    private ForwardKnowledge FindForward(DefinitionNode node)
    {
        // PyTorch's own has nothing between the parentheses but its modules: another class of that name may.
        if (node is { ClassName: LayerCatalogue.Sequence, Arguments.Length: 0 })
        {
            return ForwardKnowledge.Sequence;
        }

        // Asked even where the answer does not count, so that it is known which names there are.
        var isAssumed = node.Children.Count > 0 && isSequence is not null
            && (isSequence(node.ClassName) || (node.ShortName != node.ClassName && isSequence(node.ShortName)));
        return LayerCatalogue.ComputesOtherwise(node.ClassName) ? ForwardKnowledge.Other
            : isAssumed ? ForwardKnowledge.Sequence
            : LayerCatalogue.IsContainer(node.ClassName) && node.ClassName != LayerCatalogue.Sequence ? ForwardKnowledge.List
            : ForwardKnowledge.Printed;
    }

    private ModuleContainer Contain(DefinitionNode node, string path, ForwardKnowledge knowledge)
    {
        var container = new ModuleContainer(node.ClassName, knowledge);
        AddChildren(container, node, path);
        AttentionTensors.Add(container, node, (name) => checkpoint?.FindShape(path, name), source);
        checkpoint?.AddDirect(container, path);
        return container;
    }

    private ModuleContainer Extend(LayerKind kind, DefinitionNode node, string path)
    {
        var container = new ModuleContainer(node.ClassName, ForwardKnowledge.Printed);
        if (node.Arguments.Length > 0)
        {
            using var layer = Create(kind, node, path);
            foreach (var (name, parameter) in layer.named_parameters(recurse: false))
            {
                container.AddParameter(name, MetaTensors.CreateParameter(parameter.shape));
            }

            foreach (var (name, buffer) in layer.named_buffers(recurse: false))
            {
                container.AddParameter(name, empty(buffer.shape, dtype: buffer.dtype, device: META).DetachFromDisposeScope());
            }
        }

        AddChildren(container, node, path);
        checkpoint?.AddDirect(container, path);
        return container;
    }

    private void AddChildren(ModuleContainer container, DefinitionNode node, string path)
    {
        foreach (var child in node.Children)
        {
            if (child.IsParameter)
            {
                container.AddParameter(child.Name, PrintedParameter.Create(source, child));
                continue;
            }

            // Every repetition is a module of its own.
            foreach (var name in child.Names)
            {
                container.Add(name, Build(child, ModuleTree.Join(path, name)));
            }
        }
    }

    private nn.Module Create(LayerKind kind, DefinitionNode node, string path)
    {
        var arguments = new LayerArguments(
            source, node, kind.Positional, checkpoint is null ? null : name => checkpoint.FindShape(path, name));
        try
        {
            var module = kind.Create(arguments);
            arguments.EnsureUsed();
            return module;
        }
        catch (Exception exception) when (exception is ExternalException or ArgumentException or ArithmeticException)
        {
            throw arguments.Invalid($"'{node.ClassName}' cannot be made: {NativeMessage.GetFirstLine(exception)}", exception);
        }
    }
}
