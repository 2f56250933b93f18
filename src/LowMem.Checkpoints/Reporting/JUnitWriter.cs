using System.Globalization;
using System.Text;
using System.Xml;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Reporting;

/// <summary>
/// A suite of one test for each checkpoint, so that the counts of a suite are known when it is written. GitLab shows the
/// class, Jenkins its part before the last dot, Azure the message and the text.
/// </summary>
internal sealed class JUnitWriter : IVerdictWriter
{
    private readonly XmlWriter writer;
    private readonly ReportPaths paths;

    public JUnitWriter(Stream stream, ReportPaths paths)
    {
        this.paths = paths;
        writer = XmlWriter.Create(stream, new XmlWriterSettings
        {
            Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            Indent = true,
            NewLineChars = "\n",
            CloseOutput = false,
        });
        writer.WriteStartDocument();
        writer.WriteStartElement("testsuites");
        writer.WriteAttributeString("name", "LowMem");
    }

    public void Add(CheckpointVerdict verdict)
    {
        string name = DisplayText.Line(paths.GetName(verdict.Path));
        string seconds = verdict.Duration.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        writer.WriteStartElement("testsuite");
        writer.WriteAttributeString("name", name);
        writer.WriteAttributeString("tests", "1");
        writer.WriteAttributeString("failures", verdict.Passed ? "0" : "1");
        writer.WriteAttributeString("errors", "0");
        writer.WriteAttributeString("skipped", "0");
        writer.WriteAttributeString("time", seconds);
        writer.WriteStartElement("testcase");
        writer.WriteAttributeString("classname", "LowMem.Checkpoint");
        writer.WriteAttributeString("name", name);
        writer.WriteAttributeString("time", seconds);
        if (!verdict.Passed)
        {
            var errors = verdict.Findings.Where(finding => finding.Severity == FindingSeverity.Error).ToList();
            writer.WriteStartElement("failure");
            writer.WriteAttributeString("message", DisplayText.Line(errors[0].Message));
            writer.WriteAttributeString("type", DisplayText.Line(errors[0].Code));
            WriteLines(errors);
            writer.WriteEndElement();
        }

        var others = verdict.Findings.Where(finding => finding.Severity != FindingSeverity.Error).ToList();
        if (others.Count > 0)
        {
            writer.WriteStartElement("system-out");
            WriteLines(others);
            writer.WriteEndElement();
        }

        writer.WriteEndElement();
        writer.WriteEndElement();
    }

    public void Complete()
    {
        writer.WriteEndDocument();
        writer.Flush();
    }

    public void Dispose() => writer.Dispose();

    private void WriteLines(IEnumerable<CheckpointFinding> findings)
    {
        foreach (var finding in findings)
        {
            writer.WriteString(DisplayText.Line(finding.ToString()) + "\n");
        }
    }
}
