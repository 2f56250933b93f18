using System.Collections;
using System.Collections.ObjectModel;
using System.Management.Automation;

namespace LowMem.PowerShellHost.StandIns;

/// <summary>
/// What the commands take as <c>-Property</c>: a name (with wildcards where many are wanted), a script block, or a
/// hashtable with Name (or Label) and Expression.
/// </summary>
internal sealed class PropertyExpression
{
    private readonly ScriptBlock? _script;

    private PropertyExpression(string name, string? property, ScriptBlock? script)
    {
        Name = name;
        Property = property;
        _script = script;
    }

    /// <summary>The name of the result.</summary>
    public string Name { get; }

    /// <summary>The name or pattern of the property to read, or null when a script block is to be run.</summary>
    public string? Property { get; }

    /// <exception cref="PSArgumentException">The value is none of these.</exception>
    public static PropertyExpression Parse(object? value)
    {
        object? expression = value is PSObject wrapped ? wrapped.BaseObject : value;
        return expression switch
        {
            IDictionary table => ParseTable(table),
            ScriptBlock script => new PropertyExpression(script.ToString(), null, script),
            null => throw new PSArgumentException("A property cannot be null."),
            _ => new PropertyExpression(expression.ToString()!, expression.ToString(), null),
        };
    }

    /// <summary>The value for one object; null when it has no such property.</summary>
    public object? Evaluate(PSObject? item)
    {
        if (_script is not null)
        {
            Collection<PSObject> values = _script.InvokeWithContext(null, [new PSVariable("_", item)]);
            return values.Count == 1 ? values[0] : values.Count == 0 ? null : values.ToArray();
        }

        return GetValue(item, Property!);
    }

    /// <summary>The properties of an object that the name or pattern stands for, and their values.</summary>
    public IEnumerable<(string Name, object? Value)> Expand(PSObject item)
    {
        if (Property is null || !WildcardPattern.ContainsWildcardCharacters(Property))
        {
            return [(Name, Evaluate(item))];
        }

        var pattern = new WildcardPattern(Property, WildcardOptions.IgnoreCase);
        return item.Properties.Where(property => pattern.IsMatch(property.Name))
            .Select(property => (property.Name, GetValue(item, property.Name)));
    }

    private static object? GetValue(PSObject? item, string name)
    {
        if (item?.BaseObject is IDictionary dictionary && dictionary.Contains(name))
        {
            return dictionary[name];
        }

        try
        {
            return item?.Properties[name]?.Value;
        }
        catch (GetValueException)
        {
            // The real commands too take a getter that throws for one without a value.
            return null;
        }
    }

    private static PropertyExpression ParseTable(IDictionary table)
    {
        object? name = null;
        object? expression = null;
        foreach (DictionaryEntry entry in table)
        {
            switch (entry.Key.ToString()!.ToUpperInvariant())
            {
                case "N" or "NAME" or "L" or "LABEL":
                    name = entry.Value;
                    break;
                case "E" or "EXPRESSION":
                    expression = entry.Value;
                    break;
                default:
                    throw new PSArgumentException($"The key '{entry.Key}' of a calculated property is not understood.");
            }
        }

        PropertyExpression parsed = Parse(expression);
        return new PropertyExpression(name?.ToString() ?? parsed.Name, parsed.Property, parsed._script);
    }
}
