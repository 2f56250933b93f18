using System.Management.Automation;
using System.Management.Automation.Host;
using LowMem.PowerShellHost;

// The id of an error ends in the type of its cmdlet: scripts that look at it must see the real name.
namespace Microsoft.PowerShell.Commands;

/// <summary>
/// Out-String: -Stream, -Width. It lets Out-Host format the input and catches the text at the host, always without
/// colours.
/// </summary>
[Cmdlet(VerbsData.Out, "String")]
public sealed class OutStringCommand : PSCmdlet
{
    private readonly List<PSObject?> _input = [];

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter]
    public SwitchParameter Stream { get; set; }

    [Parameter]
    [ValidateRange(2, int.MaxValue)]
    public int? Width { get; set; }

    protected override void ProcessRecord() => _input.Add(InputObject);

    protected override void EndProcessing()
    {
        string text = Capture();
        if (!Stream)
        {
            WriteObject(text);
            return;
        }

        string[] lines = text.Split(Environment.NewLine);
        WriteObject(lines[^1].Length == 0 ? lines[..^1] : lines, enumerateCollection: true);
    }

    private string Capture()
    {
        // The engine gives a cmdlet its own wrapper around the host; only the private data passes through.
        ConsoleHostUI ui = Host.PrivateData?.BaseObject as ConsoleHostUI
            ?? throw new PSNotSupportedException("Out-String works only in this program's own host.");
        Size size = ui.RawUI.BufferSize;
        ui.BeginCapture();
        string text = "";
        try
        {
            ui.RawUI.BufferSize = new Size(Width ?? size.Width, size.Height);
            InvokeCommand.InvokeScript(
                useLocalScope: true, InvokeCommand.NewScriptBlock("$input | Out-Host"), _input, args: []);
        }
        finally
        {
            ui.RawUI.BufferSize = size;
            text = ui.EndCapture();
        }

        return text;
    }
}
