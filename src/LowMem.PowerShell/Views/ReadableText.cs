using System.Collections.ObjectModel;
using System.Management.Automation;

namespace LowMem.PowerShell.Views;

/// <summary>The text of a value as a method of it. PowerShell's own kinds of methods compile code for each value.</summary>
internal sealed class ReadableText : PSMethodInfo
{
    private readonly object value;
    private readonly Func<object, string> text;

    /// <param name="value">The value.</param>
    /// <param name="text">Makes its text, once somebody asks.</param>
    public ReadableText(object value, Func<object, string> text)
    {
        this.value = value;
        this.text = text;
        SetMemberName(nameof(ToString));
    }

    /// <inheritdoc/>
    public override Collection<string> OverloadDefinitions => ["string ToString()"];

    /// <inheritdoc/>
    public override PSMemberTypes MemberType => PSMemberTypes.CodeMethod;

    /// <inheritdoc/>
    public override string TypeNameOfValue => typeof(string).FullName!;

    /// <inheritdoc/>
    public override object Invoke(params object[] arguments) => text(value);

    /// <inheritdoc/>
    public override PSMemberInfo Copy() => new ReadableText(value, text);
}
