using System.Buffers;
using System.Globalization;
using System.Text;

namespace LowMem.Checkpoints.Exploring;

/// <summary>
/// Names of nodes as parts of a path: what parts paths, what patterns are made of, and what a terminal obeys or does not show is
/// written as <c>%2F</c>, or <c>%u202E</c> beyond one byte. Every name has one such text, and every text at most one name.
/// </summary>
public static class EscapedName
{
    /// <summary>What stands for the empty name. No other name is written so, since a percent sign is written as <c>%25</c>.</summary>
    public const string Empty = "%empty";

    /// <summary>Names of models are letters, digits and a few more.</summary>
    private static readonly SearchValues<char> Plain = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.+=,@#");

    /// <summary>Writes a name as a part of a path.</summary>
    /// <param name="name">The name, which can hold anything.</param>
    public static string Escape(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length == 0)
        {
            return Empty;
        }

        bool isSpecial = name is "." or ".." or "~";
        if (!isSpecial && !name.AsSpan().ContainsAnyExcept(Plain))
        {
            return name;
        }

        var text = new StringBuilder(name.Length + 8);
        for (int i = 0; i < name.Length; i++)
        {
            if (!isSpecial && char.IsHighSurrogate(name[i]) && i + 1 < name.Length && char.IsLowSurrogate(name[i + 1]) && IsPlain(CharUnicodeInfo.GetUnicodeCategory(name, i), i))
            {
                text.Append(name[i]).Append(name[++i]);
            }
            else if (!isSpecial && IsPlain(name, i))
            {
                text.Append(name[i]);
            }
            else
            {
                _ = name[i] <= 0xff
                    ? text.Append(CultureInfo.InvariantCulture, $"%{(int)name[i]:X2}")
                    : text.Append(CultureInfo.InvariantCulture, $"%u{(int)name[i]:X4}");
            }
        }

        return text.ToString();
    }

    /// <summary>The name that a part of a path stands for; null when it stands for none.</summary>
    /// <param name="part">The part.</param>
    public static string? Unescape(string part)
    {
        ArgumentNullException.ThrowIfNull(part);
        if (!part.Contains('%', StringComparison.Ordinal))
        {
            return part.Length == 0 ? null : part;
        }

        if (part == Empty)
        {
            return string.Empty;
        }

        var name = new StringBuilder(part.Length);
        for (int i = 0; i < part.Length; i++)
        {
            if (part[i] != '%')
            {
                name.Append(part[i]);
                continue;
            }

            bool isLong = i + 1 < part.Length && part[i + 1] is 'u' or 'U';
            int start = i + (isLong ? 2 : 1);
            int length = isLong ? 4 : 2;
            if (start + length > part.Length
                || !ushort.TryParse(part.AsSpan(start, length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code))
            {
                return null;
            }

            name.Append((char)code);
            i = start + length - 1;
        }

        return name.ToString();
    }

    private static bool IsPlain(string name, int index)
    {
        char character = name[index];
        return character switch
        {
            '%' or '/' or '\\' or ':' or '*' or '?' or '[' or ']' or '`' => false,
            // Inside a name a space is one; at its ends nobody sees it, and a shell may drop it.
            ' ' => index > 0 && index < name.Length - 1,
            < (char)0x7f => character > ' ',
            _ => IsPlain(char.GetUnicodeCategory(character), index),
        };
    }

    /// <summary>Whether what is of a category is seen, and stays apart from what is in front of it.</summary>
    private static bool IsPlain(UnicodeCategory category, int index) => category switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.Surrogate or UnicodeCategory.SpaceSeparator or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse => false,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => index > 0,
        _ => true,
    };
}
