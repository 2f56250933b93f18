using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace LowMem.HelpGenerator.Pages;

/// <summary>Reads the front matter and the YAML blocks of a page.</summary>
internal static class PageYaml
{
    private static readonly IDeserializer Deserializer = new DeserializerBuilder().Build();

    /// <exception cref="HelpPageException">The text is no YAML, or has a key that is not known.</exception>
    public static T Read<T>(string page, int line, string yaml)
        where T : class
    {
        try
        {
            return Deserializer.Deserialize<T?>(yaml)
                ?? throw new HelpPageException(page, line, "the YAML is empty.");
        }
        catch (YamlException exception)
        {
            throw new HelpPageException(
                page, line + (int)exception.Start.Line, exception.InnerException?.Message ?? exception.Message);
        }
    }
}
