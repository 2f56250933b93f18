using System.Reflection;
using LowMem.Loader.Native;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons;

/// <summary>Creates a module from the arguments a user typed.</summary>
internal static class ModuleActivator
{
    /// <summary>Calls the constructor that fits the arguments best.</summary>
    /// <exception cref="ModelException">None fits, or the constructor failed.</exception>
    public static nn.Module Create(Type type, IReadOnlyList<object?> arguments)
    {
        var constructors = type.GetConstructors();
        object?[]? values = null;
        ConstructorInfo? best = null;
        var bestCost = int.MaxValue;
        foreach (var constructor in constructors.OrderBy(constructor => constructor.GetParameters().Length))
        {
            if (TryBind(constructor, arguments, out var bound, out var cost) && cost < bestCost)
            {
                (best, values, bestCost) = (constructor, bound, cost);
            }
        }

        if (best is null)
        {
            throw new ModelException(ModelErrorIds.SkeletonInvalid, DescribeMisfit(type, constructors, arguments));
        }

        try
        {
            return (nn.Module)best.Invoke(values);
        }
        catch (TargetInvocationException exception) when (exception.InnerException is { } cause)
        {
            throw new ModelException(
                ModelErrorIds.SkeletonInvalid, $"The constructor {Describe(best)} failed: {NativeMessage.GetFirstLine(cause)}", cause);
        }
    }

    // The cost counts conversions and defaults that were needed; the fewest win.
    private static bool TryBind(
        ConstructorInfo constructor, IReadOnlyList<object?> arguments, out object?[] values, out int cost)
    {
        var parameters = constructor.GetParameters();
        values = new object?[parameters.Length];
        cost = 0;
        if (arguments.Count > parameters.Length)
        {
            return false;
        }

        for (var i = 0; i < parameters.Length; i++)
        {
            if (i >= arguments.Count)
            {
                if (!parameters[i].IsOptional)
                {
                    return false;
                }

                values[i] = Type.Missing;
                cost++;
            }
            else if (ArgumentConverter.TryConvert(arguments[i], parameters[i].ParameterType, out values[i]))
            {
                cost += arguments[i]?.GetType() == parameters[i].ParameterType ? 0 : 2;
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    private static string DescribeMisfit(Type type, ConstructorInfo[] constructors, IReadOnlyList<object?> arguments)
    {
        var given = arguments.Count == 0
            ? "no arguments"
            : $"({string.Join(", ", arguments.Select(argument => argument is null ? "null" : $"{argument} [{argument.GetType().Name}]"))})";
        return constructors.Length == 0
            ? $"The type '{type.FullName}' has no public constructor."
            : $"No constructor of '{type.FullName}' takes {given}. There are: {string.Join("; ", constructors.Select(Describe))}.";
    }

    private static string Describe(ConstructorInfo constructor) =>
        $"{constructor.DeclaringType!.Name}({string.Join(", ", constructor.GetParameters().Select(Describe))})";

    private static string Describe(ParameterInfo parameter)
    {
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) is { } inner ? $"{inner.Name}?" : parameter.ParameterType.Name;
        return $"{type} {parameter.Name}{(parameter.IsOptional ? " = default" : string.Empty)}";
    }
}
