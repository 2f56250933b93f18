using System.Text;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Sources;

/// <summary>
/// Which names a file or directory that is written may have. Asked before anything is read: without it, a conversion that took an hour
/// ends with an error that speaks of access, or Windows writes to a device, or under another name.
/// </summary>
/// <remarks>Microsoft, "Naming Files, Paths, and Namespaces": reserved characters, names of devices, blanks and dots at the end.</remarks>
public static class OutputName
{
    /// <summary>Of a part of a path, in bytes of UTF-8; in characters on Windows. The same on all usual file systems.</summary>
    private const int Longest = 255;

    private const string Reserved = "<>:\"|?*";

    private static readonly string[] Devices =
    [
        "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", .. "0123456789\u00b9\u00b2\u00b3".SelectMany(digit => (string[])[$"COM{digit}", $"LPT{digit}"]),
    ];

    /// <summary>Makes sure that the system allows a name.</summary>
    /// <param name="path">The full path of what is to be written.</param>
    /// <exception cref="CheckpointException">It does not.</exception>
    public static void Require(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        bool onWindows = OperatingSystem.IsWindows();
        string parts = path[(Path.GetPathRoot(path)?.Length ?? 0)..];
        foreach (string part in parts.Split(onWindows ? ['/', '\\'] : ['/'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (FindProblem(part, onWindows) is { } problem)
            {
                throw new CheckpointException(CheckpointErrorIds.OutputNameInvalid, path, $"'{DisplayText.Name(part)}' {problem}. Choose another name.");
            }
        }
    }

    /// <summary>Whether a part of a path is short enough.</summary>
    internal static bool Fits(string part) => LengthOf(part, OperatingSystem.IsWindows()) <= Longest;

    /// <summary>What is wrong with a part of a path; null when nothing is.</summary>
    internal static string? FindProblem(string part, bool onWindows)
    {
        if (part is "." or "..")
        {
            return null;
        }

        int length = LengthOf(part, onWindows);
        return length > Longest ? $"is too long: {length} {(onWindows ? "characters" : "bytes")}, and no name has more than {Longest}"
            : onWindows ? FindProblemOnWindows(part)
            : null;
    }

    private static int LengthOf(string part, bool onWindows) => onWindows ? part.Length : Encoding.UTF8.GetByteCount(part);

    private static string? FindProblemOnWindows(string part)
    {
        foreach (char character in part)
        {
            if (character < ' ' || Reserved.Contains(character, StringComparison.Ordinal))
            {
                return character < ' '
                    ? $"holds the control character U+{(int)character:X4}, which Windows allows in no name"
                    : $"holds the character {character}, which Windows allows in no name";
            }
        }

        string device = part.Split('.')[0].TrimEnd(' ');
        return Devices.Contains(device, StringComparer.OrdinalIgnoreCase) ? $"is the name of a device on Windows ({device.ToUpperInvariant()})"
            : part[^1] is '.' or ' ' ? "ends in a dot or a blank, which Windows takes away"
            : null;
    }
}
