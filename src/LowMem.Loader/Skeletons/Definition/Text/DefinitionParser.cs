using System.Globalization;

namespace LowMem.Loader.Skeletons.Definition.Text;

/// <summary>Reads the text that <c>print(model)</c> gives in PyTorch.</summary>
/// <remarks>
/// The form is that of <c>torch.nn.Module.__repr__</c>: the class, then in parentheses what <c>extra_repr()</c> says and
/// the children as <c>(name): Class(...)</c>. Since PyTorch 2.0 a ModuleList writes equal neighbours once, as
/// <c>(0-11): 12 x Class(...)</c>. Indentation is not looked at: parentheses say all, and pasted text loses it.
/// </remarks>
internal sealed class DefinitionParser
{
    /// <summary>The longest text that is taken, in characters.</summary>
    public const int MaximumLength = 16 * 1024 * 1024;

    /// <summary>The deepest nesting that is taken. TorchSharp, and the builder, walk modules by recursion.</summary>
    public const int MaximumDepth = 100;

    /// <summary>The most modules that are made of one text, repeats counted in full.</summary>
    public const int MaximumModules = 1_000_000;

    private const string ParameterMark = "Parameter containing:";

    private const string Times = " x ";
    private const string EmptyPlace = "None";

    private readonly DefinitionText source;
    private readonly string text;
    private readonly DefinitionCursor cursor;
    private readonly Stack<Frame> open = new();
    private long modules;

    private DefinitionParser(DefinitionText source)
    {
        this.source = source;
        text = source.Text;
        cursor = new DefinitionCursor(text);
    }

    /// <summary>Parses the text into its root.</summary>
    /// <exception cref="ModelException">The text is not such a text; the error names line and column.</exception>
    public static DefinitionNode Parse(DefinitionText source, CancellationToken cancellationToken)
    {
        if (source.Text.Length > MaximumLength)
        {
            throw source.Invalid(0, $"the text has {source.Text.Length} characters; at most {MaximumLength} are taken.");
        }

        return new DefinitionParser(source).Parse(cancellationToken);
    }

    private DefinitionNode Parse(CancellationToken cancellationToken)
    {
        cursor.SkipSpace();
        var root = ReadHead(string.Empty, cursor.Position);
        while (open.TryPeek(out var frame))
        {
            cancellationToken.ThrowIfCancellationRequested();
            cursor.SkipSpace();
            if (cursor.IsAtEnd)
            {
                throw source.Invalid(
                    frame.Node.Position, $"the parentheses of '{frame.Node.ClassName}' are not closed. Is the end of the text missing?");
            }

            if (cursor.Current == ')')
            {
                Close(frame);
            }
            else if (cursor.FindNameEnd() is var end && end >= 0)
            {
                ReadChild(frame, end);
            }
            else
            {
                ReadArguments(frame);
            }
        }

        cursor.SkipSpace();
        return cursor.IsAtEnd
            ? root
            : throw source.Invalid(
                cursor.Position, $"'{cursor.GetExcerpt(cursor.Position)}' follows the end of the model. Give the text of one model only.");
    }

    // The class and its opening parenthesis.
    private DefinitionNode ReadHead(string name, int namePosition, int count = 1)
    {
        var start = cursor.Position;
        var className = cursor.ReadClassName();
        if (className.Length == 0)
        {
            throw source.Invalid(
                start,
                cursor.IsAtEnd
                    ? "the text ends where a class name was expected."
                    : $"a class name was expected, not '{cursor.GetExcerpt(start)}'. Give the text that print(model) writes in PyTorch.");
        }

        if (cursor.IsAtEnd || cursor.Current != '(')
        {
            throw source.Invalid(cursor.Position, $"'(' was expected after the class name '{className}'.");
        }

        if (open.Count == MaximumDepth)
        {
            throw source.Invalid(namePosition, $"modules are nested more than {MaximumDepth} levels deep.");
        }

        cursor.Position++;
        var node = new DefinitionNode { Name = name, ClassName = className, Position = start, Count = count };
        open.Push(new Frame(node, CountModules(count, namePosition)));
        return node;
    }

    // How many modules the entry stands for, with the repeats of all that are around it.
    private long CountModules(int count, int namePosition)
    {
        var copies = (open.TryPeek(out var parent) ? parent.Copies : 1) * count;
        modules += copies;
        return modules <= MaximumModules
            ? copies
            : throw TooMany(namePosition);
    }

    private void ReadChild(Frame parent, int end)
    {
        var start = cursor.Position;
        var name = text[(start + 1)..end];
        cursor.Position = end + 2;
        cursor.SkipBlanks();
        if (name.Length == 0 || name.Contains('.', StringComparison.Ordinal))
        {
            throw source.Invalid(start, $"'{name}' cannot name a module: a name is not empty and has no dot.");
        }

        if (cursor.IsAt(EmptyPlace) && !IsNamePart(cursor.Position + EmptyPlace.Length))
        {
            // A place for a module that the model leaves empty: there is nothing in it.
            cursor.Position += EmptyPlace.Length;
        }
        else if (cursor.IsAt(ParameterMark))
        {
            AddChild(parent, ReadParameter(name), start);
            CountModules(1, start);
        }
        else
        {
            var (first, count) = ReadRepeat(name, start);
            AddChild(parent, ReadHead(first, start, count), start);
        }
    }

    private void AddChild(Frame parent, DefinitionNode child, int start)
    {
        foreach (var name in child.Names)
        {
            if (!parent.Names.Add(name))
            {
                throw source.Invalid(start, $"there are two modules named '{name}' in this '{parent.Node.ClassName}'.");
            }
        }

        parent.Node.Children.Add(child);
    }

    // The line goes on with the type and size in brackets; the parenthesis of the list may follow on it.
    private DefinitionNode ReadParameter(string name)
    {
        var start = cursor.Position;
        cursor.Position += ParameterMark.Length;
        cursor.SkipBlanks();
        var at = cursor.Position;
        var length = text.AsSpan(at).IndexOfAny(']', '\n');
        if (length < 0 || text[at + length] != ']')
        {
            throw source.Invalid(at, "the type and size of the parameter were expected, as in [torch.float32 of size 3x4].");
        }

        cursor.Position = at + length + 1;
        return new DefinitionNode
        {
            Name = name,
            ClassName = "Parameter",
            Position = start,
            Arguments = text[at..cursor.Position],
            ArgumentsPosition = at,
            IsParameter = true,
        };
    }

    // "12 x " in front of the class, with a name such as 0-11.
    private (string First, int Count) ReadRepeat(string name, int start)
    {
        var at = cursor.Position;
        var digits = cursor.ReadDigits();
        if (digits.Length == 0 || !cursor.IsAt(Times))
        {
            cursor.Position = at;
            return (name, 1);
        }

        var dash = name.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0
            || !TryParse(name.AsSpan(0, dash), out var first)
            || !TryParse(name.AsSpan(dash + 1), out var last)
            || !TryParse(digits, out var count)
            || count != (long)last - first + 1)
        {
            throw source.Invalid(start, $"'{name}' and '{digits} x' do not agree: (0-11) goes with 12 x.");
        }

        // Counted before a name of each is made.
        if (count > MaximumModules)
        {
            throw TooMany(start);
        }

        cursor.Position += Times.Length;
        cursor.SkipBlanks();
        return (name[..dash], count);
    }

    private static bool TryParse(ReadOnlySpan<char> digits, out int value) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private void Close(Frame frame)
    {
        frame.Node.Arguments = text[frame.Node.ArgumentsPosition..frame.ArgumentsEnd].TrimEnd();
        cursor.Position++;
        open.Pop();
    }

    // What extra_repr() says, line by line.
    private void ReadArguments(Frame frame)
    {
        var node = frame.Node;
        var start = cursor.Position;
        if (node.Children.Count > 0)
        {
            throw source.Invalid(
                start, $"neither a child as in '(name): Class(...)' nor ')' of '{node.ClassName}', but '{cursor.GetExcerpt(start)}'.");
        }

        cursor.SkipArguments();
        if (cursor.Position == start)
        {
            throw source.Invalid(start, $"'{cursor.Current}' closes nothing that is open in '{node.ClassName}'.");
        }

        if (frame.ArgumentsEnd == 0)
        {
            node.ArgumentsPosition = start;
        }

        // Several lines are one list of arguments: positions stay right when the text between is kept.
        frame.ArgumentsEnd = cursor.Position;
    }

    private bool IsNamePart(int at) => at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] is '_' or '.' or '(');

    private ModelException TooMany(int start) =>
        source.Invalid(start, $"the text describes more than {MaximumModules} modules.");

    private sealed record Frame(DefinitionNode Node, long Copies)
    {
        public int ArgumentsEnd { get; set; }

        public HashSet<string> Names { get; } = new(StringComparer.Ordinal);
    }
}
