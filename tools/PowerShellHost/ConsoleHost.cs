using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Reflection;

namespace LowMem.PowerShellHost;

/// <summary>What the engine knows of the program around it.</summary>
internal sealed class ConsoleHost(ConsoleStreams streams) : PSHost
{
    private readonly ConsoleHostUI _ui = new(streams);

    /// <summary>The code of <c>exit N</c>, or null while nothing called it.</summary>
    public int? RequestedExitCode { get; private set; }

    public override string Name => "LowMem.PowerShellHost";

    public override Version Version => Assembly.GetExecutingAssembly().GetName().Version!;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override PSHostUserInterface UI => _ui;

    /// <summary>How the stand-in for Out-String reaches the text that is written here.</summary>
    public override PSObject PrivateData => PSObject.AsPSObject(_ui);

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public override void SetShouldExit(int exitCode) => RequestedExitCode = exitCode;

    // Native commands share the terminal with the host; a drawn progress line would be mixed into theirs.
    public override void NotifyBeginApplication() => _ui.ClearProgress();

    public override void NotifyEndApplication()
    {
    }

    public override void EnterNestedPrompt() => throw ConsoleHostUI.NotInteractive("a nested prompt");

    public override void ExitNestedPrompt() => throw ConsoleHostUI.NotInteractive("a nested prompt");
}
