using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace LowMem.PowerShellHost;

/// <summary>Output to stdout, everything else to stderr, and no questions.</summary>
internal sealed class ConsoleHostUI(ConsoleStreams streams) : PSHostUserInterface
{
    private readonly ProgressPrinter _progress = new(streams, TimeProvider.System);
    private readonly Stack<StringWriter> _captures = new();

    public override PSHostRawUserInterface RawUI { get; } = new ConsoleRawUI(streams.Width);

    public override bool SupportsVirtualTerminal => streams.UseColor;

    private TextWriter Output => _captures.TryPeek(out StringWriter? capture) ? capture : streams.Output;

    public static HostException NotInteractive(string what) => new(
        $"This host never asks: it cannot show {what}. Pass every value as a parameter, and -Confirm:$false or -Force "
        + "where a command asks before it acts.");

    public void ClearProgress() => _progress.Clear();

    /// <summary>Sends what would go to stdout to a string, until <see cref="EndCapture"/>.</summary>
    public void BeginCapture() => _captures.Push(new StringWriter { NewLine = Environment.NewLine });

    public string EndCapture() => _captures.Pop().ToString();

    public override void Write(string value) => WriteOutput(value);

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) =>
        WriteOutput(streams.UseColor && _captures.Count == 0
            ? AnsiColors.Paint(foregroundColor, backgroundColor, value)
            : value);

    public override void WriteLine(string value) => WriteOutput(value + Environment.NewLine);

    public override void WriteErrorLine(string value) => WriteDiagnostic(ConsoleColor.Red, value);

    public override void WriteWarningLine(string message) => WriteDiagnostic(ConsoleColor.Yellow, "WARNING: " + message);

    public override void WriteVerboseLine(string message) => WriteDiagnostic(ConsoleColor.Yellow, "VERBOSE: " + message);

    public override void WriteDebugLine(string message) => WriteDiagnostic(ConsoleColor.Yellow, "DEBUG: " + message);

    public override void WriteProgress(long sourceId, ProgressRecord record) => _progress.Write(record);

    public override string ReadLine() => throw NotInteractive("a prompt for a line of text");

    public override SecureString ReadLineAsSecureString() => throw NotInteractive("a prompt for a secret");

    public override Dictionary<string, PSObject> Prompt(
        string caption, string message, Collection<FieldDescription> descriptions) =>
        throw NotInteractive($"a prompt for {string.Join(", ", descriptions.Select(field => $"'{field.Name}'"))}");

    public override int PromptForChoice(
        string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice) =>
        throw NotInteractive($"the question '{caption.Trim()} {message.Trim()}'");

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName) =>
        throw NotInteractive("a prompt for a credential");

    public override PSCredential PromptForCredential(
        string caption,
        string message,
        string userName,
        string targetName,
        PSCredentialTypes allowedCredentialTypes,
        PSCredentialUIOptions options) =>
        throw NotInteractive("a prompt for a credential");

    private void WriteOutput(string value)
    {
        _progress.Clear();

        // Views colour their headers; what the rendering mode does not allow is taken out here.
        Output.Write(GetOutputString(value, SupportsVirtualTerminal && _captures.Count == 0));
    }

    private void WriteDiagnostic(ConsoleColor color, string value)
    {
        _progress.Clear();

        // The engine has already coloured an error by $PSStyle; its own colours stay.
        bool paint = streams.UseColor && !value.Contains('\e', StringComparison.Ordinal);
        string painted = paint ? AnsiColors.Paint(color, null, value) : value;
        streams.Error.WriteLine(GetOutputString(painted, SupportsVirtualTerminal));
    }
}
