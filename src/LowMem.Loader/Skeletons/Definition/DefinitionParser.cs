using System.Globalization;

namespace LowMem.Loader.Skeletons.Definition;

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

    private readonly DefinitionText source;
    private readonly string text;
    private readonly Stack<Frame> open = new();
    private int position;
    private long modules;

    private DefinitionParser(DefinitionText source)
    {
        this.source = source;
        text = source.Text;
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
        // A byte order mark is no white space to .NET, and Windows editors write one.
        position = text.StartsWith('\uFEFF') ? 1 : 0;
        SkipSpace();
        var root = ReadHead(string.Empty, position);
        while (open.TryPeek(out var frame))
        {
            cancellationToken.ThrowIfCancellationRequested();
            SkipSpace();
            if (position == text.Length)
            {
                throw source.Invalid(
                    frame.Node.Position, $"the parentheses of '{frame.Node.ClassName}' are not closed. Is the end of the text missing?");
            }

            if (text[position] == ')')
            {
                Close(frame);
            }
            else if (FindNameEnd() is var end && end >= 0)
            {
                ReadChild(frame, end);
            }
            else
            {
                ReadArguments(frame);
            }
        }

        SkipSpace();
        return position == text.Length
            ? root
            : throw source.Invalid(position, $"'{Excerpt()}' follows the end of the model. Give the text of one model only.");
    }

    // The class and its opening parenthesis.
    private DefinitionNode ReadHead(string name, int namePosition, int count = 1)
    {
        var start = position;
        while (position < text.Length && (char.IsLetterOrDigit(text[position]) || text[position] is '_' or '.'))
        {
            position++;
        }

        if (position == start || char.IsDigit(text[start]))
        {
            throw source.Invalid(
                start,
                start == text.Length
                    ? "the text ends where a class name was expected."
                    : $"a class name was expected, not '{Excerpt(start)}'. Give the text that print(model) writes in PyTorch.");
        }

        var node = new DefinitionNode { Name = name, ClassName = text[start..position], Position = start, Count = count };
        if (position == text.Length || text[position] != '(')
        {
            throw source.Invalid(position, $"'(' was expected after the class name '{node.ClassName}'.");
        }

        position++;
        Push(node, namePosition);
        return node;
    }

    private void Push(DefinitionNode node, int namePosition)
    {
        if (open.Count == MaximumDepth)
        {
            throw source.Invalid(namePosition, $"modules are nested more than {MaximumDepth} levels deep.");
        }

        open.Push(new Frame(node, CountModules(node.Count, namePosition)));
    }

    // How many modules the entry stands for, with the repeats of all that are around it.
    private long CountModules(int count, int namePosition)
    {
        var copies = (open.TryPeek(out var parent) ? parent.Copies : 1) * count;
        modules += copies;
        return modules <= MaximumModules
            ? copies
            : throw source.Invalid(namePosition, $"the text describes more than {MaximumModules} modules.");
    }

    private void ReadChild(Frame parent, int end)
    {
        var start = position;
        var name = text[(position + 1)..end];
        position = end + 2;
        SkipBlanks();
        if (name.Length == 0 || name.Contains('.', StringComparison.Ordinal))
        {
            throw source.Invalid(start, $"'{name}' cannot name a module: a name is not empty and has no dot.");
        }

        if (string.CompareOrdinal(text, position, "None", 0, 4) == 0 && !IsNamePart(position + 4))
        {
            // A place for a module that the model leaves empty: there is nothing in it.
            position += 4;
            return;
        }

        if (string.CompareOrdinal(text, position, ParameterMark, 0, ParameterMark.Length) == 0)
        {
            AddChild(parent, ReadParameter(name), start);
            CountModules(1, start);
            return;
        }

        var (first, count) = ReadRepeat(name, start);
        AddChild(parent, ReadHead(first, start, count), start);
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

    private DefinitionNode ReadParameter(string name)
    {
        var start = position;
        position += ParameterMark.Length;
        SkipBlanks();
        var at = position;
        var end = text.IndexOf('\n', position);
        position = end < 0 ? text.Length : end;
        var line = text[at..position];

        // On the last line the parenthesis of the list may follow: the size ends at its bracket.
        var close = line.IndexOf(']', StringComparison.Ordinal);
        if (close < 0)
        {
            throw source.Invalid(at, "the type and size of the parameter were expected, as in [torch.float32 of size 3x4].");
        }

        position = at + close + 1;
        return new DefinitionNode
        {
            Name = name,
            ClassName = "Parameter",
            Position = start,
            Arguments = line[..(close + 1)],
            ArgumentsPosition = at,
            IsParameter = true,
        };
    }

    // "12 x " in front of the class, with a name such as 0-11.
    private (string First, int Count) ReadRepeat(string name, int start)
    {
        var at = position;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            at++;
        }

        if (at == position || string.CompareOrdinal(text, at, " x ", 0, 3) != 0)
        {
            return (name, 1);
        }

        var dash = name.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0
            || !TryParse(name.AsSpan(0, dash), out var first)
            || !TryParse(name.AsSpan(dash + 1), out var last)
            || !TryParse(text.AsSpan(position, at - position), out var count)
            || count != (long)last - first + 1)
        {
            throw source.Invalid(
                start, $"'{name}' and '{text[position..at]} x' do not agree: (0-11) goes with 12 x.");
        }

        // Counted before a name of each is made.
        if (count > MaximumModules)
        {
            throw source.Invalid(start, $"the text describes more than {MaximumModules} modules.");
        }

        position = at + 3;
        SkipBlanks();
        return (name[..dash], count);
    }

    private static bool TryParse(ReadOnlySpan<char> digits, out int value) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private void Close(Frame frame)
    {
        frame.Node.Arguments = text[frame.Node.ArgumentsPosition..frame.ArgumentsEnd].TrimEnd();
        position++;
        open.Pop();
    }

    // What extra_repr() says: up to the end of its line, or to the parenthesis that closes the module.
    private void ReadArguments(Frame frame)
    {
        var node = frame.Node;
        if (node.Children.Count > 0)
        {
            throw source.Invalid(
                position, $"neither a child as in '(name): Class(...)' nor ')' of '{node.ClassName}', but '{Excerpt()}'.");
        }

        var start = position;
        var depth = 0;
        for (; position < text.Length; position++)
        {
            var letter = text[position];
            if (letter is '(' or '[' or '{')
            {
                depth++;
            }
            else if (letter is ')' or ']' or '}')
            {
                if (depth == 0)
                {
                    break;
                }

                depth--;
            }
            else if (letter is '\'' or '"' && FindQuoteEnd(position) is var end && end > 0)
            {
                position = end;
            }
            else if (letter == '\n' && depth == 0)
            {
                break;
            }
        }

        if (frame.ArgumentsEnd == 0)
        {
            node.ArgumentsPosition = start;
        }

        // Several lines are one list of arguments: positions stay right when the text between is kept.
        frame.ArgumentsEnd = position;
    }

    // The closing quote on the same line, or -1: an apostrophe in prose is no quote.
    private int FindQuoteEnd(int start)
    {
        var length = text.AsSpan(start + 1).IndexOfAny(text[start], '\n');
        return length >= 0 && text[start + 1 + length] == text[start] ? start + 1 + length : -1;
    }

    // The parenthesis that ends the name of a child at the current position, or -1 when no child begins here.
    private int FindNameEnd()
    {
        if (text[position] != '(')
        {
            return -1;
        }

        var length = text.AsSpan(position + 1).IndexOfAny("()\n");
        var end = position + 1 + length;
        return length >= 0 && text[end] == ')' && end + 1 < text.Length && text[end + 1] == ':' ? end : -1;
    }

    private bool IsNamePart(int at) => at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] is '_' or '.' or '(');

    private void SkipSpace()
    {
        while (position < text.Length && char.IsWhiteSpace(text[position]))
        {
            position++;
        }
    }

    private void SkipBlanks()
    {
        while (position < text.Length && text[position] is ' ' or '\t')
        {
            position++;
        }
    }

    private string Excerpt() => Excerpt(position);

    private string Excerpt(int start)
    {
        var rest = text.AsSpan(start);
        var end = rest.IndexOfAny('\r', '\n');
        rest = end < 0 ? rest : rest[..end];
        return rest.Length <= 30 ? rest.ToString() : $"{rest[..30]}...";
    }

    private sealed record Frame(DefinitionNode Node, long Copies)
    {
        public int ArgumentsEnd { get; set; }

        public HashSet<string> Names { get; } = new(StringComparer.Ordinal);
    }
}
