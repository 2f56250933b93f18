using System.Collections.ObjectModel;
using System.Management.Automation;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>Set-Content to UTF-8 without a byte order mark: -Path, -LiteralPath, -Value, -NoNewline.</summary>
[Cmdlet(VerbsCommon.Set, "Content", DefaultParameterSetName = "Path", SupportsShouldProcess = true)]
public sealed class SetContentCommand : PSCmdlet
{
    private readonly List<string> _lines = [];

    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Path")]
    public string Path { get; set; } = "";

    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath")]
    [Alias("PSPath", "LP")]
    public string LiteralPath { get; set; } = "";

    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [AllowNull]
    [AllowEmptyCollection]
    public object?[]? Value { get; set; }

    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    protected override void ProcessRecord()
    {
        foreach (object? value in Value ?? [])
        {
            _lines.Add(LanguagePrimitives.ConvertTo<string>(value));
        }
    }

    protected override void EndProcessing()
    {
        string separator = NoNewline ? "" : Environment.NewLine;
        foreach (string file in GetFiles())
        {
            if (ShouldProcess(file, "Set Content"))
            {
                File.WriteAllText(file, string.Concat(_lines.Select(line => line + separator)));
            }
        }
    }

    /// <summary>A path that matches nothing is the name of a new file, as with the real command.</summary>
    private Collection<string> GetFiles() =>
        ParameterSetName == "Path" && WildcardPattern.ContainsWildcardCharacters(Path)
            ? GetResolvedProviderPathFromPSPath(Path, out _)
            : [GetUnresolvedProviderPathFromPSPath(ParameterSetName == "Path" ? Path : LiteralPath)];
}
