using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Security.Cryptography;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources;
using LowMem.PowerShell.Commands;

namespace LowMem.PowerShell.Pipeline;

/// <summary>What a cmdlet was asked for, as texts: parts that were asked for other things do not go together.</summary>
internal static class PartOptions
{
    /// <summary>Files are the same when their content is: each machine may know them by another path.</summary>
    private static readonly string[] Files = ["Manifest", "Signature", "PublicKey", "Certificate", "TrustedRoot"];

    /// <summary>
    /// Which checkpoints they are is told by the list. How servers are asked makes no difference to what is there, and is secret: a
    /// record goes from hand to hand.
    /// </summary>
    private static readonly string[] NoOptions =
    [
        "Path", "LiteralPath", "Uri", "Part", "WhatIf", "Confirm", "Token", "Headers", "Endpoint", "AllowFullDownload", "AllowUnencrypted",
    ];

    /// <param name="cmdlet">The cmdlet.</param>
    /// <param name="others">The parameters that make no difference to what comes out.</param>
    /// <exception cref="CheckpointException">A file that is named cannot be read.</exception>
    public static Dictionary<string, string> Of(PSCmdlet cmdlet, params IReadOnlyCollection<string> others)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in cmdlet.MyInvocation.BoundParameters)
        {
            if (!NoOptions.Contains(name) && !others.Contains(name) && !Cmdlet.CommonParameters.Contains(name))
            {
                texts[name] = Files.Contains(name) ? Digest(cmdlet, value) : Text(value);
            }
        }

        return texts;
    }

    /// <summary>The same with one more.</summary>
    public static Dictionary<string, string> With(this Dictionary<string, string> texts, string name, string value)
    {
        texts[name] = value;
        return texts;
    }

    private static string Text(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        null => string.Empty,
        string text => text,
        SwitchParameter given => given.IsPresent.ToString(),
        ScriptBlock script => script.ToString(),
        IDictionary table => string.Join("; ", table.Cast<DictionaryEntry>().Select(entry => $"{Text(entry.Key)}={Text(entry.Value)}")
            .Order(table is System.Collections.Specialized.OrderedDictionary ? Comparer<string>.Create((_, _) => 0) : StringComparer.Ordinal)),
        IEnumerable list => string.Join(", ", list.Cast<object?>().Select(Text)),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        var other => other.ToString() ?? string.Empty,
    };

    private static string Digest(PSCmdlet cmdlet, object? value) => string.Join(", ", (value as string[] ?? [Text(value)]).Select(path =>
    {
        if (RemoteNames.IsAddress(path) && cmdlet is CheckpointUriCommand remote)
        {
            using var source = remote.OpenNamed(path);
            return Convert.ToHexStringLower(SHA256.HashData(source.ReadRange(0, source.Length, "the file")));
        }

        string full = FilePaths.Get(cmdlet.SessionState, path);
        try
        {
            using var file = File.OpenRead(full);
            return Convert.ToHexStringLower(SHA256.HashData(file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(
                exception is FileNotFoundException or DirectoryNotFoundException ? CheckpointErrorIds.NotFound : CheckpointErrorIds.AccessDenied,
                full,
                $"the file cannot be read: {exception.Message}",
                exception);
        }
    }));
}
