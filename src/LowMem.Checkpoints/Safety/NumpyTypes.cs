using System.Globalization;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Safety;

/// <summary>
/// Judges the states of NumPy's data types. <c>dtype.__setstate__</c> believes them: a type of objects without the flags of
/// objects makes pointers of the bytes of an array, and a field beyond its item reads any memory. A state is taken when it is
/// one that NumPy writes: of the size that the type was made with, with fields inside of it, and with flags that fit.
/// </summary>
internal static class NumpyTypes
{
    public const string TypeName = "numpy.dtype";

    private const long ObjectFlags = 0x3f;
    private const long ReferenceFlags = 0x07;

    /// <summary>Whether the call makes a data type.</summary>
    public static bool IsType(PickleObject call) => call.CallableName is { } name && ModuleAliases.Resolve(name) == TypeName;

    /// <summary>Whether a data type was made with a state that NumPy never writes.</summary>
    public static bool IsHostile(PickleObject call) => call.State is { } state && IsType(call) && Judge(call, state) == Answer.Hostile;

    /// <summary>
    /// Whether nobody can tell: an item that holds objects among other fields, or whose size its name does not say. Arrays made
    /// before the state was set would hold bytes in the place of objects.
    /// </summary>
    public static bool IsUnclear(PickleObject call) => call.State is { } state && IsType(call) && Judge(call, state) == Answer.Unclear;

    private static Answer Judge(PickleObject call, PickleNode state)
    {
        if (GetSpecification(call) is not var (kind, size))
        {
            return Answer.Unclear;
        }

        if (state is not PickleSequence { Kind: PickleSequenceKind.Tuple, Count: 8 or 9 } tuple)
        {
            return Answer.Unclear;
        }

        bool hasParts = !IsNone(tuple[2]) || !IsNone(tuple[3]) || !IsNone(tuple[4]);
        if (GetNumber(tuple[5]) is not { } itemSize || GetNumber(tuple[6]) is not { } alignment || GetNumber(tuple[7]) is not { } flags
            || alignment is < -1 or 0 or > 4096)
        {
            return Answer.Hostile;
        }

        switch (kind)
        {
            case 'O':
                return !hasParts && itemSize == -1 && (flags & ObjectFlags) == ObjectFlags ? Answer.Plain : Answer.Hostile;
            case 'S' or 'U' or 'V' or 'a':
                return itemSize != size || (flags & ReferenceFlags) != 0 && !hasParts ? Answer.Hostile
                    : !hasParts ? Answer.Plain
                    : kind != 'V' ? Answer.Hostile
                    : Worse(JudgeBase(tuple[2], size), JudgeFields(tuple[3], tuple[4], size), flags);
            default:
                return !hasParts && itemSize == -1 && (flags & ReferenceFlags) == 0 ? Answer.Plain : Answer.Hostile;
        }
    }

    private static Answer Worse(Answer one, Answer other, long flags)
    {
        var worse = (Answer)Math.Max((int)one, (int)other);
        return worse == Answer.Plain && (flags & ReferenceFlags) != 0 ? Answer.Hostile : worse;
    }

    /// <summary>An item that is an array itself: its type and shape.</summary>
    private static Answer JudgeBase(PickleNode node, long size)
    {
        if (IsNone(node))
        {
            return Answer.Plain;
        }

        if (node is not PickleSequence { Count: 2 } pair || pair[0] is not PickleObject type || !IsType(type)
            || GetSpecification(type) is not var (kind, length))
        {
            return Answer.Unclear;
        }

        var shape = pair[1] is PickleSequence dimensions ? dimensions.Items : [pair[1]];
        decimal total = length;
        foreach (var dimension in shape)
        {
            if (GetNumber(dimension) is not { } count || count is < 0 or > int.MaxValue || total > int.MaxValue)
            {
                return Answer.Hostile;
            }

            total *= count;
        }

        return total != size ? Answer.Hostile : kind == 'O' ? Answer.Unclear : Answer.Plain;
    }

    private static Answer JudgeFields(PickleNode names, PickleNode fields, long size)
    {
        if (IsNone(names) && IsNone(fields))
        {
            return Answer.Plain;
        }

        if (names is not PickleSequence || fields is not PickleMapping mapping)
        {
            return Answer.Hostile;
        }

        var answer = Answer.Plain;
        foreach (var (_, value) in mapping.Entries)
        {
            if (value is not PickleSequence { Kind: PickleSequenceKind.Tuple, Count: 2 or 3 } field
                || field[0] is not PickleObject type || !IsType(type) || GetNumber(field[1]) is not { } offset)
            {
                return Answer.Hostile;
            }

            if (GetSpecification(type) is not var (kind, length))
            {
                answer = Answer.Unclear;
            }
            else if (offset < 0 || offset > size - length)
            {
                return Answer.Hostile;
            }
            else if (kind == 'O')
            {
                answer = Answer.Unclear;
            }
        }

        return answer;
    }

    /// <summary>Kind and size in bytes, of a name such as <c>f8</c>, <c>U5</c> or <c>V12</c>; null for any other argument.</summary>
    private static (char Kind, long Size)? GetSpecification(PickleObject call)
    {
        if (call.ArgumentList is not [PickleScalar { Value: string text }, ..] || text.TrimStart('<', '>', '|', '=') is not { Length: > 0 } name
            || !"?biufcmMOSUVa".Contains(name[0], StringComparison.Ordinal))
        {
            return null;
        }

        var digits = name.AsSpan(1);
        bool hasSize = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long size);
        return (name[0], hasSize) switch
        {
            ('O' or 'm' or 'M', _) when hasSize || digits.IsEmpty => (name[0], 8),
            ('?', false) when digits.IsEmpty => ('b', 1),
            ('U', true) when size <= int.MaxValue / 4 => ('U', size * 4),
            ('b' or 'i' or 'u' or 'f' or 'c', true) when size is 1 or 2 or 4 or 8 or 12 or 16 or 24 or 32 => (name[0], size),
            ('S' or 'V' or 'a', true) when size <= int.MaxValue => (name[0], size),
            _ => null,
        };
    }

    private static bool IsNone(PickleNode node) => node is PickleScalar { Value: null };

    private static long? GetNumber(PickleNode node) => node is PickleScalar { Value: long number } ? number : null;

    /// <summary>From good to bad.</summary>
    private enum Answer
    {
        Plain,
        Unclear,
        Hostile,
    }
}
