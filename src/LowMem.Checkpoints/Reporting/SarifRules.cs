using System.Text;
using System.Text.Json;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Reporting;

/// <summary>The codes of findings as rules of SARIF.</summary>
internal static class SarifRules
{
    private const int LongestId = 64;

    public static string GetLevel(FindingSeverity severity) => severity switch
    {
        FindingSeverity.Error => "error",
        FindingSeverity.Warning => "warning",
        _ => "note",
    };

    /// <summary>A code as an id: a verdict may come from elsewhere, and say anything.</summary>
    public static string GetId(string? code)
    {
        string id = string.Concat((code ?? string.Empty).Where(char.IsAsciiLetterOrDigit).Take(LongestId));
        return id.Length > 0 ? id : "Finding";
    }

    public static void WriteTool(Utf8JsonWriter writer, IEnumerable<string> ids)
    {
        writer.WriteStartObject("tool");
        writer.WriteStartObject("driver");
        writer.WriteString("name", "LowMem");
        writer.WriteString("version", typeof(SarifRules).Assembly.GetName().Version!.ToString(3));
        writer.WriteStartArray("rules");
        foreach (string id in ids)
        {
            string words = ToWords(id);
            writer.WriteStartObject();
            writer.WriteString("id", id);
            WriteText(writer, "shortDescription", words);
            WriteText(writer, "fullDescription", $"{words}: a finding of Test-Checkpoint.");
            WriteText(writer, "help", "Each result says what is wrong and where. The page of Test-Checkpoint lists the codes.");
            if (GetSecuritySeverity(id) is { } severity)
            {
                writer.WriteStartObject("properties");
                writer.WriteString("security-severity", severity);
                writer.WriteStartArray("tags");
                writer.WriteStringValue("security");
                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter writer, string name, string text)
    {
        writer.WriteStartObject(name);
        writer.WriteString("text", text);
        writer.WriteEndObject();
    }

    /// <summary>Critical is what runs code, high what hides it or may, or lets somebody else's file in.</summary>
    private static string? GetSecuritySeverity(string id) => id switch
    {
        FindingCodes.UnsafeGlobal or CheckpointErrorIds.Unsafe => "9.5",
        "UnknownGlobal" or FindingCodes.HiddenPickles => "8.0",
        FindingCodes.SignatureVerified => null,
        _ when id.StartsWith("Signature", StringComparison.Ordinal) => "8.0",
        FindingCodes.ChecksumMismatch or FindingCodes.ManifestChanged => "6.0",
        _ => null,
    };

    private static string ToWords(string id)
    {
        var words = new StringBuilder();
        for (int i = 0; i < id.Length; i++)
        {
            bool starts = i > 0 && char.IsAsciiLetterUpper(id[i]) && !char.IsAsciiLetterUpper(id[i - 1]);
            words.Append(starts ? " " : string.Empty).Append(i == 0 || !starts ? id[i] : char.ToLowerInvariant(id[i]));
        }

        return words.ToString();
    }
}
