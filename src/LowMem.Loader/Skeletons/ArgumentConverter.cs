using System.Collections;
using System.Globalization;
using LowMem.Loader.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons;

/// <summary>Converts arguments from a script to the types a constructor asks for, without loss.</summary>
internal static class ArgumentConverter
{
    /// <summary>Converts a value; false when that cannot be done without loss.</summary>
    public static bool TryConvert(object? value, Type target, out object? result)
    {
        result = value;
        var type = Nullable.GetUnderlyingType(target) ?? target;
        if (value is null)
        {
            return !target.IsValueType || type != target;
        }

        if (type.IsInstanceOfType(value))
        {
            return true;
        }

        if (value is string text)
        {
            return TryParse(text, type, out result);
        }

        if (value is IEnumerable items && GetElementType(type) is { } element)
        {
            return TryConvertArray(items, element, out result);
        }

        if (type.IsEnum || !IsNumber(type) || !IsNumber(value.GetType()))
        {
            return false;
        }

        try
        {
            result = Convert.ChangeType(value, type, CultureInfo.InvariantCulture);

            // 2.5 is no size, and 300 no byte: what does not come back the same was not meant.
            return Convert.ToDouble(result, CultureInfo.InvariantCulture)
                .Equals(Convert.ToDouble(value, CultureInfo.InvariantCulture)) || type == typeof(float);
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    private static bool TryParse(string text, Type type, out object? result)
    {
        result = null;
        try
        {
            if (type == typeof(ScalarType) && ScalarTypes.Find(text) is { } scalar)
            {
                result = scalar;
            }
            else if (type == typeof(TorchSharp.torch.Device))
            {
                result = new TorchSharp.torch.Device(text);
            }
            else if (type.IsEnum && Enum.TryParse(type, text, ignoreCase: true, out var member))
            {
                result = member;
            }
            else if (IsNumber(type) || type == typeof(bool))
            {
                result = Convert.ChangeType(text, type, CultureInfo.InvariantCulture);
            }

            return result is not null;
        }
        catch (Exception exception) when (exception is FormatException or OverflowException or ArgumentException)
        {
            return false;
        }
    }

    private static bool TryConvertArray(IEnumerable items, Type element, out object? result)
    {
        result = null;
        var converted = new List<object?>();
        foreach (var item in items)
        {
            if (!TryConvert(item, element, out var value))
            {
                return false;
            }

            converted.Add(value);
        }

        var array = Array.CreateInstance(element, converted.Count);
        for (var i = 0; i < converted.Count; i++)
        {
            array.SetValue(converted[i], i);
        }

        result = array;
        return true;
    }

    // An array, or an interface that arrays have, such as IReadOnlyList<long>.
    private static Type? GetElementType(Type type) =>
        type.IsArray ? type.GetElementType()
        : type is { IsInterface: true, IsGenericType: true }
            && type.GetGenericArguments() is [var element]
            && type.IsAssignableFrom(element.MakeArrayType()) ? element
        : null;

    private static bool IsNumber(Type type) =>
        !type.IsEnum && Type.GetTypeCode(type) is >= TypeCode.SByte and <= TypeCode.Decimal;
}
