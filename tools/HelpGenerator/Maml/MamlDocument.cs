using System.Text;
using System.Xml;
using System.Xml.Linq;
using LowMem.HelpGenerator.Pages;

namespace LowMem.HelpGenerator.Maml;

/// <summary>Writes pages as MAML, the XML that Get-Help reads.</summary>
internal static class MamlDocument
{
    /// <summary>The text of a help file; the same pages give the same text on every system.</summary>
    public static string Write(IEnumerable<HelpPage> pages)
    {
        var root = new XElement(
            MamlNames.Help + "helpItems",
            new XAttribute("schema", "maml"),
            new XAttribute(XNamespace.Xmlns + "maml", MamlNames.Maml),
            new XAttribute(XNamespace.Xmlns + "command", MamlNames.Command),
            new XAttribute(XNamespace.Xmlns + "dev", MamlNames.Dev),
            pages.OrderBy(page => page.Name, StringComparer.Ordinal).Select(MamlCommand.Create));
        var text = new StringBuilder("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
        var settings = new XmlWriterSettings
        {
            Indent = true,
            NewLineChars = "\n",
            NewLineHandling = NewLineHandling.Replace,
            OmitXmlDeclaration = true,
        };
        using (var writer = XmlWriter.Create(text, settings))
        {
            root.Save(writer);
        }

        return text.Append('\n').ToString();
    }
}
