using System.Globalization;
using LowMem.Checkpoints.Sources;

namespace LowMem.Loader.Skeletons.Definition.Text;

/// <summary>The text of a definition, and errors that say where in it they are.</summary>
/// <param name="Text">What <c>print(model)</c> gave.</param>
/// <param name="Source">What the text is called in errors: a path, or a word for it.</param>
internal sealed record DefinitionText(string Text, string Source)
{
    // A character takes four bytes at most.
    private const long MaximumFileLength = 4L * DefinitionParser.MaximumLength;

    /// <summary>Reads the text of a file.</summary>
    /// <exception cref="ModelException">The file is too long, or cannot be read.</exception>
    public static string ReadFile(string path)
    {
        try
        {
            using var stream = new FileStream(RegularFile.Open(path), FileAccess.Read);
            using var reader = new StreamReader(stream);
            var length = stream.Length;
            return length <= MaximumFileLength
                ? reader.ReadToEnd()
                : throw new ModelException(
                    ModelErrorIds.SkeletonInvalid, $"{path}: the file has {length} bytes; the text of a model has at most {MaximumFileLength}.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelException(ModelErrorIds.SkeletonInvalid, $"{path}: the file cannot be read: {exception.Message}", exception);
        }
    }

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
