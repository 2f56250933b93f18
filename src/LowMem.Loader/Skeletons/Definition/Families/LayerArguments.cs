using System.Globalization;
using LowMem.Loader.Skeletons.Definition.Text;

namespace LowMem.Loader.Skeletons.Definition.Families;

/// <summary>The arguments of one layer, by name, and what a checkpoint knows of the layer's tensors.</summary>
internal sealed class LayerArguments
{
    private readonly DefinitionText source;
    private readonly DefinitionNode node;
    private readonly Dictionary<string, ArgumentValue> values = new(StringComparer.Ordinal);
    private readonly HashSet<string> used = new(StringComparer.Ordinal);
    private readonly Func<string, long[]?>? findShape;

    /// <summary>Reads the arguments of a node.</summary>
    /// <param name="source">The whole text.</param>
    /// <param name="node">The layer.</param>
    /// <param name="positional">The names of the arguments that are written without one, in order.</param>
    /// <param name="findShape">
    /// The shape of a tensor of this layer in the checkpoint, by its name in the layer; null without a checkpoint.
    /// </param>
    /// <exception cref="ModelException">An argument is not written as it should be, or there are too many.</exception>
    public LayerArguments(
        DefinitionText source, DefinitionNode node, IReadOnlyList<string> positional, Func<string, long[]?>? findShape)
    {
        this.source = source;
        this.node = node;
        this.findShape = findShape;
        var next = 0;
        foreach (var (keyword, value) in ArgumentParser.Parse(source, node))
        {
            var name = keyword;
            if (name.Length == 0)
            {
                if (next == positional.Count)
                {
                    throw source.Invalid(
                        value.Position, $"'{ClassName}' takes no value '{value}' without a name after {next} of them.");
                }

                name = positional[next++];
            }

            if (!values.TryAdd(name, value))
            {
                throw source.Invalid(value.Position, $"'{name}' is given to '{ClassName}' twice.");
            }
        }
    }

    /// <summary>The class as it is printed.</summary>
    public string ClassName => node.ClassName;

    /// <summary>True when nothing stands between the parentheses.</summary>
    public bool IsEmpty => values.Count == 0;

    /// <summary>The shape that a tensor of this layer has in the checkpoint; null when it is not there, or no checkpoint was given.</summary>
    public long[]? FindShape(string name) => findShape?.Invoke(name);

    /// <summary>Whether an argument is there and not None.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>Whether an argument is there and is None.</summary>
    public bool IsNone(string name)
    {
        used.Add(name);
        return values.TryGetValue(name, out var value) && IsNoneValue(value);
    }

    /// <summary>Whether an argument is there and is neither a number nor a tuple.</summary>
    public bool IsWord(string name) =>
        values.TryGetValue(name, out var value)
        && value is ArgumentValue.Word { Text: var text }
        && !long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);

    /// <summary>The shape that a tensor of this layer has in the checkpoint, for a layer whose text has no sizes.</summary>
    /// <exception cref="ModelException">No checkpoint was given, or the tensor is not in it.</exception>
    public long[] RequireShape(string name) => FindShape(name) ?? throw Invalid(findShape is null
        ? $"the text does not say the sizes of '{ClassName}'. Give the model's checkpoint with -Checkpoint, which has them."
        : $"the text does not say the sizes of '{ClassName}', and there is no '{name}' for it in the checkpoint. "
            + "Check that the text and the checkpoint belong together, and -Prefix.");

    /// <summary>A size or index that must be there.</summary>
    public long Long(string name) => ToLong(name, Require(name));

    /// <summary>A size or index that may be left out.</summary>
    public long Long(string name, long fallback) => Find(name) is { } value ? ToLong(name, value) : fallback;

    /// <summary>A number that may be left out or None.</summary>
    public double? Double(string name)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        return value is ArgumentValue.Word { Text: var text }
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Misfit(name, value, "a number");
    }

    /// <summary>A number that may be left out.</summary>
    public double Double(string name, double fallback) => Double(name) ?? fallback;

    /// <summary>A part of a whole, 0 to 1, that may be left out.</summary>
    public double Part(string name, double fallback) =>
        Double(name, fallback) is >= 0 and <= 1 and var part ? part : throw Misfit(name, Require(name), "a number from 0 to 1");

    /// <summary>A number that others are to be multiples of, that may be left out.</summary>
    /// <param name="name">The argument.</param>
    /// <param name="fallback">What holds when it is left out.</param>
    /// <param name="multiples">The arguments that have to be multiples of it.</param>
    public long Divisor(string name, long? fallback, params ReadOnlySpan<string> multiples)
    {
        var divisor = fallback is { } number ? Long(name, number) : Long(name);
        foreach (var multiple in multiples)
        {
            if (Long(multiple) % divisor != 0)
            {
                throw Misfit(multiple, Require(multiple), $"a multiple of {name}={divisor}");
            }
        }

        return divisor;
    }

    /// <summary>True or False, or what holds when it is left out.</summary>
    public bool Bool(string name, bool fallback) => Find(name) switch
    {
        null => fallback,
        ArgumentValue.Word { Text: "True" } => true,
        ArgumentValue.Word { Text: "False" } => false,
        var value => throw Misfit(name, value, "True or False"),
    };

    /// <summary>A word such as the mode of a layer, or null when it is left out.</summary>
    public string? Word(string name) => Find(name) switch
    {
        null => null,
        ArgumentValue.Word word => word.Text,
        var value => throw Misfit(name, value, "a word"),
    };

    /// <summary>A word of a set, as what it stands for.</summary>
    public T Choice<T>(string name, T fallback, params ReadOnlySpan<(string Word, T Value)> choices)
    {
        if (Find(name) is not { } value)
        {
            return fallback;
        }

        foreach (var (word, meaning) in choices)
        {
            if (value is ArgumentValue.Word { Text: var text } && text == word)
            {
                return meaning;
            }
        }

        var words = new List<string>();
        foreach (var (word, _) in choices)
        {
            words.Add(word);
        }

        throw Misfit(name, value, $"one of {string.Join(", ", words)}");
    }

    /// <summary>One size for every dimension, or a tuple of them, that must be there.</summary>
    public long[] Sizes(string name, int dimensions) => ToSizes(name, Require(name), dimensions);

    /// <summary>One size for every dimension, or a tuple of them; null when it is left out or None.</summary>
    public long[]? FindSizes(string name, int dimensions) => Find(name) is { } value ? ToSizes(name, value, dimensions) : null;

    /// <summary>A tuple of any length, or one size, that must be there.</summary>
    public long[] Shape(string name) => Require(name) switch
    {
        ArgumentValue.Sequence sequence => [.. sequence.Items.Select(item => ToLong(name, item))],
        var value => [ToLong(name, value)],
    };

    /// <summary>A tuple of numbers, or one number for every dimension there; null when it is left out or None.</summary>
    public double[]? FindNumbers(string name) => Find(name) switch
    {
        null => null,
        ArgumentValue.Sequence sequence => [.. sequence.Items.Select(item => ToDouble(name, item))],
        var value => [ToDouble(name, value)],
    };

    /// <summary>Whether a tuple has None in it.</summary>
    public bool HasNone(string name) =>
        values.GetValueOrDefault(name) is ArgumentValue.Sequence sequence && sequence.Items.Any(IsNoneValue);

    /// <summary>Takes an argument that changes nothing here.</summary>
    public void Ignore(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            used.Add(name);
        }
    }

    /// <summary>Makes sure that every argument has been understood.</summary>
    /// <exception cref="ModelException">One was not asked for.</exception>
    public void EnsureUsed()
    {
        foreach (var (name, value) in values.Where(entry => !used.Contains(entry.Key)))
        {
            throw source.Invalid(
                value.Position,
                $"the argument {name}={value} of '{ClassName}' is not known. Remove it when it has no effect on shapes, "
                + "or give the class another name: a class that is not known takes its tensors from -Checkpoint.");
        }
    }

    /// <summary>An error about the layer.</summary>
    public ModelException Invalid(string problem, Exception? cause = null) => source.Invalid(node.Position, problem, cause);

    private ArgumentValue? Find(string name)
    {
        used.Add(name);
        return values.TryGetValue(name, out var value) && !IsNoneValue(value) ? value : null;
    }

    private ArgumentValue Require(string name) =>
        Find(name) ?? throw Invalid($"the text does not say {name} of '{ClassName}'.");

    private long[] ToSizes(string name, ArgumentValue value, int dimensions) => value switch
    {
        ArgumentValue.Sequence { Items: var items } when items.Count == dimensions => [.. items.Select(item => ToLong(name, item))],
        ArgumentValue.Sequence => throw Misfit(name, value, dimensions == 1 ? "one number" : $"{dimensions} numbers"),
        _ => [.. Enumerable.Repeat(ToLong(name, value), dimensions)],
    };

    private long ToLong(string name, ArgumentValue value)
    {
        if (value is not ArgumentValue.Word { Text: var text }
            || !long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            throw Misfit(name, value, "a whole number");
        }

        return LayerBounds.Find(node.ShortName, name) is not { } least || number >= least
            ? number
            : throw Misfit(name, value, $"a number of at least {least}");
    }

    private double ToDouble(string name, ArgumentValue value) =>
        value is ArgumentValue.Word { Text: var text }
        && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Misfit(name, value, "a number");

    private static bool IsNoneValue(ArgumentValue value) => value is ArgumentValue.Word { Text: "None", IsQuoted: false };

    private ModelException Misfit(string name, ArgumentValue value, string expected) =>
        source.Invalid(value.Position, $"{name} of '{ClassName}' is '{value}', where {expected} was expected.");
}
