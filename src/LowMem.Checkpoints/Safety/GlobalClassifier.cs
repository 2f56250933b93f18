using System.Globalization;
using System.Text;
using LowMem.Checkpoints.Formats.PyTorch;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Safety;

/// <summary>Sorts the globals that a pickle names. Nothing here is looked up anywhere but in lists of names.</summary>
public static class GlobalClassifier
{
    /// <summary>Longer than every name in the lists, so that the work on a name full of dots stays in proportion.</summary>
    private const int LongestListed = 64;

    /// <summary>Modules whose name has two underscores on each side and means no harm: the script that saved the file.</summary>
    private static readonly string[] ScriptModules = ["__main__", "__mp_main__", "__torch__"];

    /// <summary>Says what a global could do if something resolved and called it.</summary>
    /// <param name="fullName">Module and name joined by a dot, with Python-3 module names.</param>
    public static GlobalRisk Classify(string fullName)
    {
        ArgumentNullException.ThrowIfNull(fullName);
        if (KnownGlobals.Names.Contains(fullName) || IsTorchType(fullName))
        {
            return GlobalRisk.Known;
        }

        // A name that cannot be told before the pickle runs, or that a table of the running program gives a meaning to.
        if (fullName.Contains(PickleGlobal.Computed, StringComparison.Ordinal)
            || fullName.StartsWith(PickleGlobal.ExtensionPrefix, StringComparison.Ordinal))
        {
            return GlobalRisk.Dangerous;
        }

        return IsDangerous(Normalize(fullName)) ? GlobalRisk.Dangerous : GlobalRisk.Unknown;
    }

    private static bool IsDangerous(string name)
    {
        if (DangerousGlobals.Names.Contains(name) || name.StartsWith("pandas.read_", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        var names = DangerousGlobals.Names.GetAlternateLookup<ReadOnlySpan<char>>();
        var modules = DangerousGlobals.Modules.GetAlternateLookup<ReadOnlySpan<char>>();
        var types = DangerousGlobals.TypesWithDangerousMembers.GetAlternateLookup<ReadOnlySpan<char>>();
        int start = 0;
        for (int dot = name.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = name.IndexOf('.', start))
        {
            // Protocol 4 resolves dotted names, so a dangerous name may also be only the front of what is named.
            var front = name.AsSpan(0, dot);
            if ((dot <= LongestListed && (modules.Contains(front) || names.Contains(front) || types.Contains(front)))
                || IsDangerousPart(name, start, dot))
            {
                return true;
            }

            start = dot + 1;
        }

        return IsDangerousPart(name, start, name.Length);
    }

    /// <summary>
    /// Names such as <c>random._os</c> and <c>Tensor.__init__.__globals__</c>: a module that another one imported, or
    /// an attribute of the language itself.
    /// </summary>
    private static bool IsDangerousPart(string name, int start, int end)
    {
        var part = name.AsSpan(start, end - start);
        if (part.StartsWith("__", StringComparison.Ordinal) && part.EndsWith("__", StringComparison.Ordinal))
        {
            return start > 0 || !ScriptModules.Contains(part.ToString());
        }

        return start > 0 && DangerousGlobals.AnyPart.GetAlternateLookup<ReadOnlySpan<char>>().Contains(part.TrimStart('_'));
    }

    /// <summary>Full-width letters, spaces, line ends and invisible characters are how a name is made to look like another.</summary>
    private static string Normalize(string fullName)
    {
        const int longest = 1024;
        string name = fullName.Length > longest ? fullName[..longest] : fullName;
        if (!Ascii.IsValid(name) || name.Any(character => character is <= ' ' or '\u007f'))
        {
            name = string.Concat(name.Where(IsVisible).Select(Narrow));
        }

        int dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? name : PythonModules.Modernize(name[..dot]) + name[dot..];
    }

    /// <summary>The full-width forms of ASCII. Written out, since where there is no ICU .NET normalises nothing.</summary>
    private static char Narrow(char character) =>
        character is >= '\uff01' and <= '\uff5e' ? (char)(character - '\uff01' + '!') : character;

    private static bool IsVisible(char character) =>
        !char.IsWhiteSpace(character)
        && !char.IsControl(character)
        && char.GetUnicodeCategory(character) is not (UnicodeCategory.Format or UnicodeCategory.NonSpacingMark);

    /// <summary>A dtype or storage class: <c>torch.float32</c>, <c>torch.FloatStorage</c>, <c>torch.cuda.HalfStorage</c>.</summary>
    private static bool IsTorchType(string fullName) =>
        fullName.StartsWith("torch.", StringComparison.Ordinal)
        && (DType.Find(fullName["torch.".Length..]) is not null || StorageClasses.IsStorageClass(fullName));
}
