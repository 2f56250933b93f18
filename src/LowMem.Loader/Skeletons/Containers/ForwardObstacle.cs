using LowMem.Checkpoints.Diagnostics;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Containers;

/// <summary>Says why a container cannot run, and how to go on.</summary>
internal static class ForwardObstacle
{
    private const string OtherWays =
        "Otherwise write the class in C# with a forward of its own (samples/Residual.ps1 shows how), or call its modules yourself, "
        + "such as $model['name'].forward($x).";

    /// <summary>Finds what keeps a container itself from running; null when nothing does.</summary>
    /// <param name="container">The container.</param>
    /// <param name="path">Its name in the module that is to run; empty for that module itself.</param>
    /// <param name="classes">The classes, in all of the module, that a user could say are sequences.</param>
    /// <param name="printed">Those of them that are no lists.</param>
    public static string? Find(ModuleContainer container, string path, string[] classes, string[] printed)
    {
        if (container.Obstacle is { } obstacle)
        {
            return obstacle;
        }

        if (container.Knowledge == ForwardKnowledge.Stored)
        {
            return "This module was made after a checkpoint, which has names and shapes, and no code. Build the skeleton from the modules of "
                + "the model to run it: with a script block, a class, or -Definition.";
        }

        var name = DisplayText.Name(container.GetName());
        if (container.OwnNames.ToArray() is { Length: > 0 } own)
        {
            return $"This module ({name}) holds {string.Join(", ", own.Take(5).Select(DisplayText.Name))}, but not the code that computes with them: "
                + "a checkpoint or a printed model has no code. Build the skeleton from the modules of the model to run it.";
        }

        var hasChildren = container.named_children().Any();
        switch (container.Knowledge)
        {
            case ForwardKnowledge.Sequence:
                return FindMisfit(container, path);

            case ForwardKnowledge.Other:
                return $"The forward pass of '{name}' is code of PyTorch, and not its modules one after the other. "
                    + $"[TorchSharp.torch+nn]::{name} has that code: build this part with it in a script block. {OtherWays}";

            case ForwardKnowledge.List when hasChildren:
                return $"A '{name}' only holds modules: the class around it decides in which order they run. "
                    + $"If they run one after the other, say so: {Advise(classes)}. {OtherWays}";

            case ForwardKnowledge.Printed when hasChildren:
                return $"The forward pass of {Quote(printed)} is not known: print(model) shows the modules of a class, and not what its code does with them, "
                    + $"such as a residual connection. If it runs them one after the other, say so: {Advise(classes)}. {OtherWays}";

            default:
                return $"Nothing but the name of '{name}' is known, so it cannot run. Call the modules around it yourself, or "
                    + "build the skeleton from the modules of the model.";
        }
    }

    private static string? FindMisfit(ModuleContainer container, string path)
    {
        foreach (var (name, child) in container.named_children())
        {
            if (child is not nn.IModule<Tensor, Tensor>)
            {
                return $"The module '{DisplayText.Name(Modules.ModuleTree.Join(path, name))}' ({child.GetType().Name}) does not take one tensor and give one "
                    + "tensor, so it cannot run in sequence. Call the modules yourself, or write a module class with a forward of its own.";
            }
        }

        return null;
    }

    private static string Advise(string[] classes) =>
        $"New-ModelSkeleton -AssumeSequential {Quote(classes)}";

    private static string Quote(string[] names) =>
        string.Join(", ", names.Select(name => $"'{DisplayText.Name(name).Replace("'", "''", StringComparison.Ordinal)}'"));
}
