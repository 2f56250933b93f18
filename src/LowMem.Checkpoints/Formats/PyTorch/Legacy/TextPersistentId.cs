using System.Globalization;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Legacy;

/// <summary>
/// The id of a storage as protocol 0 writes it: the text of a tuple,
/// <c>('storage', &lt;class 'torch.FloatStorage'&gt;, '94000000000000', 'cpu', 6, None)</c>. PyTorch writes such files and
/// does not find its storages again; the text says all that the tuple does.
/// </summary>
internal static class TextPersistentId
{
    private const string Start = "('storage', <class '";
    private const string BehindClass = "'>, '";
    private const string BehindText = "', '";
    private const string BehindLocation = "', ";
    private const string End = ", None)";

    /// <summary>The tuple; null for any other text, and for views, which were gone when the class had this name.</summary>
    public static PickleNode? TryParse(string text)
    {
        if (!text.StartsWith(Start, StringComparison.Ordinal) || !text.EndsWith(End, StringComparison.Ordinal))
        {
            return null;
        }

        var rest = text.AsSpan(Start.Length, text.Length - Start.Length - Math.Min(End.Length, text.Length - Start.Length));
        string type = Take(ref rest, BehindClass);
        string key = Take(ref rest, BehindText);
        string location = Take(ref rest, BehindLocation);
        int dot = type.LastIndexOf('.');
        if (dot <= 0
            || key.Length == 0
            || (type + key + location).AsSpan().ContainsAny('\'', '\\')
            || !long.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out long count))
        {
            return null;
        }

        return new PickleSequence(
            PickleSequenceKind.Tuple,
            PickleScalar.Of("storage"),
            new PickleGlobal(type[..dot], type[(dot + 1)..]),
            PickleScalar.Of(key),
            PickleScalar.Of(location),
            PickleScalar.Of(count),
            PickleScalar.None);
    }

    /// <summary>What comes before a separator, which is passed over; empty when there is none.</summary>
    private static string Take(ref ReadOnlySpan<char> text, string separator)
    {
        int length = text.IndexOf(separator, StringComparison.Ordinal);
        if (length < 0)
        {
            return string.Empty;
        }

        string taken = text[..length].ToString();
        text = text[(length + separator.Length)..];
        return taken;
    }
}
