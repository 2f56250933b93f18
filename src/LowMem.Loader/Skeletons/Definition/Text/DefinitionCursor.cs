namespace LowMem.Loader.Skeletons.Definition.Text;

/// <summary>A place in the text of a definition, and what can be seen from there.</summary>
internal sealed class DefinitionCursor(string text)
{
    /// <summary>The index of the character that is read next. A byte order mark is no white space to .NET, and Windows editors write one.</summary>
    public int Position { get; set; } = text.StartsWith('\uFEFF') ? 1 : 0;

    /// <summary>Whether everything has been read.</summary>
    public bool IsAtEnd => Position == text.Length;

    /// <summary>The character that is read next; not at the end.</summary>
    public char Current => text[Position];

    /// <summary>Whether the text goes on with these characters.</summary>
    public bool IsAt(string expected) => string.CompareOrdinal(text, Position, expected, 0, expected.Length) == 0;

    /// <summary>Passes over white space, line ends included.</summary>
    public void SkipSpace()
    {
        while (!IsAtEnd && char.IsWhiteSpace(Current))
        {
            Position++;
        }
    }

    /// <summary>Passes over white space on the same line.</summary>
    public void SkipBlanks()
    {
        while (!IsAtEnd && Current is ' ' or '\t')
        {
            Position++;
        }
    }

    /// <summary>Reads a class, with the Python module it may be printed with; empty when there is none.</summary>
    public string ReadClassName()
    {
        var start = Position;
        if (!IsAtEnd && !char.IsDigit(Current))
        {
            while (!IsAtEnd && (char.IsLetterOrDigit(Current) || Current is '_' or '.'))
            {
                Position++;
            }
        }

        return text[start..Position];
    }

    /// <summary>Reads decimal digits; empty when there are none.</summary>
    public string ReadDigits()
    {
        var start = Position;
        while (!IsAtEnd && char.IsAsciiDigit(Current))
        {
            Position++;
        }

        return text[start..Position];
    }

    /// <summary>Goes to the end of the line, or to the parenthesis on it that closes what is open here.</summary>
    public void SkipArguments()
    {
        var depth = 0;
        for (; !IsAtEnd; Position++)
        {
            switch (Current)
            {
                case '(' or '[' or '{':
                    depth++;
                    break;

                case ')' or ']' or '}' when depth == 0:
                    return;

                case ')' or ']' or '}':
                    depth--;
                    break;

                case '\'' or '"' when FindQuoteEnd() is var end && end > 0:
                    Position = end;
                    break;

                case '\n' when depth == 0:
                    return;
            }
        }
    }

    /// <summary>The parenthesis that ends the name of a child, as in <c>(name): </c>, or -1 when no child begins here.</summary>
    public int FindNameEnd()
    {
        if (Current != '(')
        {
            return -1;
        }

        var length = text.AsSpan(Position + 1).IndexOfAny("()\n");
        var end = Position + 1 + length;
        return length >= 0 && text[end] == ')' && end + 1 < text.Length && text[end + 1] == ':' ? end : -1;
    }

    /// <summary>The rest of the line from a position on, cut short, for errors.</summary>
    public string GetExcerpt(int start)
    {
        var rest = text.AsSpan(start);
        var end = rest.IndexOfAny('\r', '\n');
        rest = end < 0 ? rest : rest[..end];
        return rest.Length <= 30 ? rest.ToString() : $"{rest[..30]}...";
    }

    // The closing quote on the same line, or -1: an apostrophe in prose is no quote.
    private int FindQuoteEnd()
    {
        var length = text.AsSpan(Position + 1).IndexOfAny(Current, '\n');
        return length >= 0 && text[Position + 1 + length] == Current ? Position + 1 + length : -1;
    }
}
