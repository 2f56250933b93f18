using System.Management.Automation.Host;

namespace LowMem.PowerShellHost;

/// <summary>The screen as the formatting engine wants to know it: a width. Nothing can be drawn at a place.</summary>
internal sealed class ConsoleRawUI(int width) : PSHostRawUserInterface
{
    private const int Height = 50;

    // -1 is "as it is" for Write-Host and the engine alike.
    public override ConsoleColor ForegroundColor { get; set; } = (ConsoleColor)(-1);

    public override ConsoleColor BackgroundColor { get; set; } = (ConsoleColor)(-1);

    /// <summary>The size that formatting uses; Out-String -Width sets it for a while.</summary>
    public override Size BufferSize { get; set; } = new(width, Height);

    public override Size WindowSize
    {
        get => BufferSize;
        set => BufferSize = value;
    }

    public override Size MaxPhysicalWindowSize => BufferSize;

    public override Size MaxWindowSize => BufferSize;

    public override Coordinates CursorPosition { get; set; }

    public override Coordinates WindowPosition { get; set; }

    public override int CursorSize { get; set; } = 1;

    public override bool KeyAvailable => false;

    public override string WindowTitle { get; set; } = "";

    public override KeyInfo ReadKey(ReadKeyOptions options) => throw ConsoleHostUI.NotInteractive("a prompt for a key");

    public override void FlushInputBuffer()
    {
    }

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw NoScreen();

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw NoScreen();

    public override void SetBufferContents(Rectangle rectangle, BufferCell fill) => throw NoScreen();

    public override void ScrollBufferContents(
        Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) => throw NoScreen();

    private static HostException NoScreen() => new("This host writes to streams: it has no screen to draw on.");
}
