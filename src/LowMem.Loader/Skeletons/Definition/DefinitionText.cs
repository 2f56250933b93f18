using System.Globalization;

namespace LowMem.Loader.Skeletons.Definition;

/// <summary>The text of a definition, and errors that say where in it they are.</summary>
/// <param name="Text">What <c>print(model)</c> gave.</param>
/// <param name="Source">What the text is called in errors: a path, or a word for it.</param>
internal sealed record DefinitionText(string Text, string Source)
{
    /// <summary>Makes an error about a place in the text.</summary>
    /// <param name="position">The index of the character it is about.</param>
    /// <param name="problem">What is wrong there, and what to do.</param>
    /// <param name="cause">The cause, or null.</param>
    public ModelException Invalid(int position, string problem, Exception? cause = null)
    {
        var before = Text.AsSpan(0, Math.Min(position, Text.Length));
        var line = before.Count('\n') + 1;
        var column = before.Length - before.LastIndexOf('\n');
        return new ModelException(
            ModelErrorIds.SkeletonInvalid,
            string.Create(CultureInfo.InvariantCulture, $"{Source}, line {line}, column {column}: {problem}"),
            cause);
    }
}
