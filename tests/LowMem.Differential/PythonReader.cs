using System.Diagnostics;
using System.Runtime.InteropServices;

namespace LowMem.Differential;

/// <summary>A CPython that reads pickles with its C unpickler, in a process of its own that is started anew when it dies.</summary>
internal sealed class PythonReader : IDisposable
{
    /// <summary>How many readings there are of each pickle.</summary>
    public const int Readings = 3;

    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);

    private readonly string python;
    private readonly string script;
    private Process process;

    private PythonReader(string python, string script)
    {
        this.python = python;
        this.script = script;
        process = Start();
    }

    /// <summary>How often the process died or had to be ended.</summary>
    public int Deaths { get; private set; }

    /// <summary>Null when there is no such Python, or it cannot do what is asked of it.</summary>
    public static PythonReader? TryStart(string python, out string reason)
    {
        using var resource = new StreamReader(typeof(PythonReader).Assembly.GetManifestResourceStream("reference.py")!);
        try
        {
            var reader = new PythonReader(python, resource.ReadToEnd());
            reason = string.Empty;
            if (reader.Read([[(byte)'N', (byte)'.']]) is [[{ IsRead: true, Text: "N" }, ..]])
            {
                return reader;
            }

            reason = $"'{python}' does not run the script that reads pickles";
            reader.Dispose();
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            reason = $"there is no '{python}': {exception.Message}";
        }

        return null;
    }

    /// <summary>Reads pickles; null stands for one that the process died of.</summary>
    public IReadOnlyList<Reading[]?> Read(IReadOnlyList<byte[]> pickles)
    {
        var results = new List<Reading[]?>();
        if (TryRead(pickles, results))
        {
            return results;
        }

        // One of them ended the process: one by one, only that one has no answer.
        results.Clear();
        foreach (byte[] pickle in pickles)
        {
            Restart();
            var one = new List<Reading[]?>();
            results.Add(TryRead([pickle], one) ? one[0] : null);
        }

        Restart();
        return results;
    }

    public void Dispose()
    {
        End();
        process.Dispose();
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(python) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (string argument in (string[])["-I", "-S", "-c", script])
        {
            start.ArgumentList.Add(argument);
        }

        var started = Process.Start(start)!;
        started.ErrorDataReceived += (_, _) => { };
        started.BeginErrorReadLine();
        return started;
    }

    private void Restart()
    {
        Deaths += process.HasExited ? 1 : 0;
        End();
        process.Dispose();
        process = Start();
    }

    private void End()
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }
    }

    private bool TryRead(IReadOnlyList<byte[]> pickles, List<Reading[]?> results)
    {
        using var watchdog = new Timer(_ => End(), null, MaxWait, Timeout.InfiniteTimeSpan);
        try
        {
            var requests = new MemoryStream();
            using (var writer = new BinaryWriter(requests, System.Text.Encoding.UTF8, leaveOpen: true))
            {
                writer.Write(pickles.Count);
                foreach (byte[] pickle in pickles)
                {
                    writer.Write(pickle.Length);
                    writer.Write(pickle);
                }
            }

            // Answers may fill the pipe before all requests are read.
            var sending = Task.Run(() =>
            {
                requests.WriteTo(process.StandardInput.BaseStream);
                process.StandardInput.BaseStream.Flush();
            });
            var answers = new BinaryReader(new BufferedStream(process.StandardOutput.BaseStream));
            for (int i = 0; i < pickles.Count; i++)
            {
                var readings = new Reading[Readings];
                for (int reading = 0; reading < Readings; reading++)
                {
                    readings[reading] = ReadAnswer(answers);
                }

                results.Add(readings);
            }

            sending.Wait();
            return true;
        }
        catch (Exception exception) when (exception is IOException or AggregateException or InvalidOperationException)
        {
            process.WaitForExit(1000);
            return false;
        }
    }

    private static Reading ReadAnswer(BinaryReader answers)
    {
        bool isRead = answers.ReadByte() == 0;
        long length = answers.ReadUInt32();
        var globals = new string[answers.ReadInt32()];
        for (int i = 0; i < globals.Length; i++)
        {
            globals[i] = $"{ReadText(answers)}\n{ReadText(answers)}";
        }

        return new Reading(isRead, length, globals, ReadText(answers));
    }

    private static string ReadText(BinaryReader answers)
    {
        int length = answers.ReadInt32();
        byte[] bytes = answers.ReadBytes(length);
        return bytes.Length == length ? new string(MemoryMarshal.Cast<byte, char>(bytes)) : throw new EndOfStreamException();
    }
}
