namespace LowMem.Loader.Skeletons.Definition.Text;

/// <summary>Reads what stands between the parentheses of a layer: <c>3, 64, kernel_size=(7, 7), bias=False</c>.</summary>
internal sealed class ArgumentParser
{
    private const int MaximumDepth = 8;
    private const int MaximumValues = 1000;

    private readonly DefinitionText source;
    private readonly string text;
    private readonly int end;
    private int position;
    private int values;

    private ArgumentParser(DefinitionText source, DefinitionNode node)
    {
        this.source = source;
        text = source.Text;
        position = node.ArgumentsPosition;
        end = position + node.Arguments.Length;
    }

    /// <summary>Parses the arguments of a node, in order; those without a keyword have an empty name.</summary>
    /// <exception cref="ModelException">They are not written as arguments are.</exception>
    public static List<(string Name, ArgumentValue Value)> Parse(DefinitionText source, DefinitionNode node)
    {
        var parser = new ArgumentParser(source, node);
        var result = new List<(string, ArgumentValue)>();
        parser.SkipSpace();
        while (parser.position < parser.end)
        {
            result.Add((parser.ReadKeyword(), parser.ReadValue(depth: 0)));
            parser.SkipSpace();
            if (parser.position < parser.end)
            {
                parser.Expect(',');
                parser.SkipSpace();
            }
        }

        return result;
    }

    private string ReadKeyword()
    {
        var at = position;
        while (at < end && (char.IsLetterOrDigit(text[at]) || text[at] == '_'))
        {
            at++;
        }

        if (at == position || at == end || text[at] != '=')
        {
            return string.Empty;
        }

        var name = text[position..at];
        position = at + 1;
        return name;
    }

    private ArgumentValue ReadValue(int depth)
    {
        SkipSpace();
        if (++values > MaximumValues || depth > MaximumDepth)
        {
            throw source.Invalid(position, $"more than {MaximumValues} values, or {MaximumDepth} levels of parentheses, in one layer.");
        }

        var start = position;
        if (position == end)
        {
            throw source.Invalid(position, "a value was expected.");
        }

        if (text[position] is '(' or '[')
        {
            return new ArgumentValue.Sequence(start, ReadItems(depth));
        }

        if (text[position] is '\'' or '"')
        {
            var length = text.AsSpan(start + 1, end - start - 1).IndexOf(text[start]);
            if (length < 0)
            {
                throw source.Invalid(start, "the quote is not closed.");
            }

            position = start + length + 2;
            return new ArgumentValue.Word(start, text[(start + 1)..(position - 1)], IsQuoted: true);
        }

        while (position < end && (char.IsLetterOrDigit(text[position]) || text[position] is '_' or '.' or '-' or '+'))
        {
            position++;
        }

        if (position == start)
        {
            throw source.Invalid(position, $"a value was expected, not '{text[position]}'.");
        }

        // torch.Size([4096]) is a list by another name.
        return position < end && text[position] == '(' && text[start..position] == "torch.Size"
            ? ReadWrapped(depth)
            : new ArgumentValue.Word(start, text[start..position], IsQuoted: false);
    }

    private ArgumentValue ReadWrapped(int depth)
    {
        position++;
        var value = ReadValue(depth + 1);
        SkipSpace();
        Expect(')');
        return value;
    }

    private List<ArgumentValue> ReadItems(int depth)
    {
        var close = text[position] == '(' ? ')' : ']';
        position++;
        var items = new List<ArgumentValue>();
        while (true)
        {
            SkipSpace();
            if (position < end && text[position] == close)
            {
                position++;
                return items;
            }

            items.Add(ReadValue(depth + 1));
            SkipSpace();
            if (position < end && text[position] == close)
            {
                continue;
            }

            Expect(',');
        }
    }

    private void Expect(char expected)
    {
        if (position == end || text[position] != expected)
        {
            throw source.Invalid(position, position == end
                ? $"'{expected}' was expected before the end of the arguments."
                : $"'{expected}' was expected, not '{text[position]}'.");
        }

        position++;
    }

    private void SkipSpace()
    {
        while (position < end && char.IsWhiteSpace(text[position]))
        {
            position++;
        }
    }
}
