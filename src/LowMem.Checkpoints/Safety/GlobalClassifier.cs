using System.Globalization;
using System.Text;
using LowMem.Checkpoints.Pickle;
using LowMem.Checkpoints.Safety.Known;

namespace LowMem.Checkpoints.Safety;

/// <summary>Sorts the globals that a pickle names. Nothing here is looked up anywhere but in lists of names.</summary>
public static class GlobalClassifier
{
    /// <summary>Longer than every name in the lists, so that the work on a name full of dots stays in proportion.</summary>
    private const int LongestListed = 64;

    /// <summary>What of a name is looked at.</summary>
    private const int LongestName = 1024;

    /// <summary>
    /// Modules in Python that do what one in C does (<c>_pyio</c>). Their types have attributes, and call these as methods:
    /// what is inert in C is not so there.
    /// </summary>
    private const string PythonTwin = "_py";

    /// <summary>Modules whose name has two underscores on each side and means no harm: the script that saved the file.</summary>
    private static readonly string[] ScriptModules = ["__main__", "__mp_main__", "__torch__", "__future__"];

    /// <summary>Says what a global could do if something resolved and called it.</summary>
    /// <param name="fullName">Module and name joined by a dot; the name is what follows the last one.</param>
    public static GlobalRisk Classify(string fullName)
    {
        ArgumentNullException.ThrowIfNull(fullName);
        int dot = fullName.LastIndexOf('.');
        return dot < 0
            ? Classify(fullName, 0)
            : Classify(new PickleGlobal(fullName[..dot], fullName[(dot + 1)..]));
    }

    /// <summary>Says what a global could do if something resolved and called it.</summary>
    /// <param name="global">The global, whose name may have dots of its own: attributes of what the module has.</param>
    internal static GlobalRisk Classify(PickleGlobal global) =>
        Classify(global.FullName, global.FullName.Length - global.Name.Length - 1);

    /// <summary>In what use a global is known to be inert.</summary>
    internal static KnownUse FindKnownUse(string fullName)
    {
        var use = KnownGlobals.Find(fullName);
        return use != KnownUse.None || fullName.StartsWith(PythonTwin, StringComparison.Ordinal)
            ? use
            : KnownGlobals.Find(ModuleAliases.Resolve(fullName));
    }

    /// <param name="fullName">Module and name joined by a dot.</param>
    /// <param name="moduleLength">How long the module is.</param>
    private static GlobalRisk Classify(string fullName, int moduleLength)
    {
        if (FindKnownUse(fullName) != KnownUse.None)
        {
            return GlobalRisk.Known;
        }

        // A name that cannot be told before the pickle runs, or that a table of the running program gives a meaning to.
        if (fullName.Contains(PickleGlobal.Computed, StringComparison.Ordinal)
            || fullName.StartsWith(PickleGlobal.ExtensionPrefix, StringComparison.Ordinal))
        {
            return GlobalRisk.Dangerous;
        }

        string plain = MakeVisible(fullName);
        bool isDisguised = plain.Length != Math.Min(fullName.Length, LongestName) || !fullName.StartsWith(plain, StringComparison.Ordinal);
        bool isDangerous = isDisguised
            ? IsDangerous(plain, 0) || IsDangerous(ToLower(plain), 0)
            : IsDangerous(plain, moduleLength);
        return isDangerous ? GlobalRisk.Dangerous : GlobalRisk.Unknown;
    }

    private static bool IsDangerous(string name, int moduleLength) =>
        IsListed(name)
        || IsListed(ModuleAliases.Resolve(name))
        || HasDangerousPart(name, moduleLength)
        || name.StartsWith(DangerousGlobals.HidingPackage, StringComparison.Ordinal)
        || name.Contains("." + DangerousGlobals.HidingPackage, StringComparison.Ordinal);

    /// <summary>Whether a list has the name or, since protocol 4 resolves dotted names, the front of it.</summary>
    private static bool IsListed(string name)
    {
        var names = DangerousGlobals.Names.GetAlternateLookup<ReadOnlySpan<char>>();
        var modules = DangerousGlobals.Modules.GetAlternateLookup<ReadOnlySpan<char>>();
        var types = DangerousGlobals.TypesWithDangerousMembers.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int dot = name.IndexOf('.', StringComparison.Ordinal); dot is >= 0 and <= LongestListed; dot = name.IndexOf('.', dot + 1))
        {
            var front = name.AsSpan(0, dot);
            if (modules.Contains(front) || names.Contains(front) || types.Contains(front))
            {
                return true;
            }
        }

        return DangerousGlobals.Names.Contains(name) || name.StartsWith("pandas.read_", StringComparison.Ordinal);
    }

    /// <summary>
    /// Names such as <c>random._os</c> and <c>Tensor.__init__.__globals__</c>: a module that another one imported, or an
    /// attribute of the language itself. A module may be called what it likes (<c>mymodel.nt</c> is not Python's); what
    /// counts is the name that is looked up in it.
    /// </summary>
    private static bool HasDangerousPart(string name, int moduleLength)
    {
        var parts = DangerousGlobals.AnyPart.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int start = 0; start <= name.Length;)
        {
            int dot = name.IndexOf('.', start);
            int end = dot < 0 ? name.Length : dot;
            var part = name.AsSpan(start, end - start);
            if (part.StartsWith("__", StringComparison.Ordinal) && part.EndsWith("__", StringComparison.Ordinal)
                && (start > 0 ? part is not "__main__" : !ScriptModules.Contains(part.ToString())))
            {
                return true;
            }

            bool isPlain = part.Length > 0 && part[0] != '_';
            if (start > 0 && (start > moduleLength || !isPlain) && parts.Contains(part.TrimStart('_')))
            {
                return true;
            }

            start = end + 1;
        }

        return false;
    }

    /// <summary>Full-width letters, spaces, line ends and invisible characters are how a name is made to look like another.</summary>
    private static string MakeVisible(string fullName)
    {
        string name = fullName.Length > LongestName ? fullName[..LongestName] : fullName;
        return Ascii.IsValid(name) && !name.Any(character => character is <= ' ' or '\u007f')
            ? name
            : string.Concat(name.Where(IsVisible).Select(Narrow));
    }

    private static string ToLower(string name) => string.Create(name.Length, name, (span, text) => text.AsSpan().ToLowerInvariant(span));

    /// <summary>The full-width forms of ASCII. Written out, since where there is no ICU .NET normalises nothing.</summary>
    private static char Narrow(char character) =>
        character is >= '\uff01' and <= '\uff5e' ? (char)(character - '\uff01' + '!') : character;

    private static bool IsVisible(char character) =>
        !char.IsWhiteSpace(character)
        && !char.IsControl(character)
        && char.GetUnicodeCategory(character) is not (UnicodeCategory.Format or UnicodeCategory.NonSpacingMark);
}
