using System.Globalization;
using System.Management.Automation;

namespace LowMem.PowerShellHost.StandIns;

/// <summary>Orders values as the language's own operators do: by conversion, without case, null first.</summary>
internal sealed class ObjectComparer : IComparer<object?>, IEqualityComparer<object?>
{
    public static ObjectComparer Instance { get; } = new();

    public int Compare(object? x, object? y)
    {
        object? left = Unwrap(x);
        object? right = Unwrap(y);
        if (left is null || right is null)
        {
            return (left is null ? 0 : 1) - (right is null ? 0 : 1);
        }

        return LanguagePrimitives.TryCompare(left, right, ignoreCase: true, out int result)
            ? result
            : string.Compare(left.ToString(), right.ToString(), ignoreCase: true, CultureInfo.CurrentCulture);
    }

    public new bool Equals(object? x, object? y) => Compare(x, y) == 0;

    // Values of different types may compare equal ('1' and 1), so that they must share a bucket.
    public int GetHashCode(object? obj) => StringComparer.OrdinalIgnoreCase.GetHashCode(Unwrap(obj)?.ToString() ?? "");

    private static object? Unwrap(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
