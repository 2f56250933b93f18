using System.Management.Automation;

namespace LowMem.PowerShellHost.Tests;

public sealed class ProgressPrinterTests : IDisposable
{
    private readonly Clock _clock = new();
    private readonly StringWriter _error = new() { NewLine = "\n" };

    public void Dispose() => _error.Dispose();

    [Fact]
    public void A_log_gets_nothing_of_what_is_done_at_once()
    {
        ProgressPrinter printer = Create(isTerminal: false);
        printer.Write(Record("start", 0));
        _clock.Now += TimeSpan.FromMilliseconds(900);
        printer.Write(Record("nearly", 90));
        printer.Write(new ProgressRecord(1, "Loading", "done") { RecordType = ProgressRecordType.Completed });
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public void A_log_gets_a_line_after_a_second_and_then_every_five()
    {
        ProgressPrinter printer = Create(isTerminal: false);
        for (int step = 0; step <= 120; step++)
        {
            printer.Write(Record($"step {step}", step / 2));
            _clock.Now += TimeSpan.FromMilliseconds(100);
        }

        Assert.Equal("Loading: step 10 5%\nLoading: step 60 30%\nLoading: step 110 55%\n", _error.ToString());
    }

    [Fact]
    public void A_line_has_no_line_breaks()
    {
        ProgressPrinter printer = Create(isTerminal: false);
        printer.Write(Record("start", 0));
        _clock.Now += TimeSpan.FromSeconds(1);
        printer.Write(new ProgressRecord(1, "Loading", "a\r\nb") { CurrentOperation = "c", SecondsRemaining = 7 });
        Assert.Equal("Loading: a b: c, 7 s left\n", _error.ToString());
    }

    [Fact]
    public void A_terminal_gets_one_line_that_is_drawn_over_and_removed()
    {
        ProgressPrinter printer = Create(isTerminal: true);
        printer.Write(Record("one", 1));
        _clock.Now += TimeSpan.FromMilliseconds(50);
        printer.Write(Record("too soon", 2));
        _clock.Now += TimeSpan.FromMilliseconds(50);
        printer.Write(Record(new string('x', 100), 3));
        printer.Clear();
        string blank = new(' ', 15);
        Assert.Equal(
            $"Loading: one 1%\r{blank}\rLoading: {new string('x', 30)}\r{new string(' ', 39)}\r", _error.ToString());
    }

    private static ProgressRecord Record(string status, int percent) => new(1, "Loading", status) { PercentComplete = percent };

    private ProgressPrinter Create(bool isTerminal) => new(
        new ConsoleStreams
        {
            Output = TextWriter.Null,
            Error = _error,
            ErrorIsTerminal = isTerminal,
            UseColor = false,
            Width = 40,
        },
        _clock);

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
