using System.Management.Automation;
using System.Management.Automation.Host;

namespace LowMem.PowerShellHost.StandIns;

/// <summary>
/// What Out-String and Out-File have in common: Out-Host formats the input, and the host catches the text, always
/// without colours.
/// </summary>
public abstract class FormattedTextCommand : PSCmdlet
{
    private readonly List<PSObject?> _input = [];

    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    [Parameter]
    [ValidateRange(2, int.MaxValue)]
    public int? Width { get; set; }

    protected override void ProcessRecord() => _input.Add(InputObject);

    private protected string FormatInput()
    {
        // The engine gives a cmdlet its own wrapper around the host; only the private data passes through.
        ConsoleHostUI ui = Host.PrivateData?.BaseObject as ConsoleHostUI
            ?? throw new PSNotSupportedException($"{MyInvocation.MyCommand.Name} works only in this program's own host.");
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
