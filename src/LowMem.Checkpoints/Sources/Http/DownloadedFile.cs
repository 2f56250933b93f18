using System.Buffers;
using LowMem.Checkpoints.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>A remote file that was fetched as a whole into a temporary one, which is gone when nobody has it open.</summary>
internal sealed class DownloadedFile : IDisposable
{
    private const int BlockLength = 1 << 20;

    private readonly SafeFileHandle handle;
    private readonly string path;

    private DownloadedFile(string path)
    {
        this.path = path;
        handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
    }

    /// <summary>Fetches what a server sends, which has said how long it is.</summary>
    /// <exception cref="EndOfStreamException">The answer ends before that.</exception>
    /// <exception cref="CheckpointException">There is no room.</exception>
    public static async Task<DownloadedFile> TakeAsync(string name, HttpResponseMessage response, long length, BodyReader body, FileTraffic traffic)
    {
        string path = Path.Combine(Path.GetTempPath(), $"lowmem-{Guid.NewGuid():N}.tmp");
        DownloadedFile? file = null;
        byte[] block = ArrayPool<byte>.Shared.Rent(BlockLength);
        try
        {
            CheckRoom(path, length);
            file = new DownloadedFile(path);
            body.Expect(length);
            using var stream = await response.Content.ReadAsStreamAsync(body.Token).ConfigureAwait(false);
            for (long done = 0; done < length;)
            {
                int read = await stream.ReadAsync(block.AsMemory(0, (int)Math.Min(block.Length, length - done)), body.Token).ConfigureAwait(false);
                if (read == 0)
                {
                    throw new EndOfStreamException();
                }

                body.Restart();
                traffic.AddBytes(read);
                file.Write(done, block.AsSpan(0, read));
                done += read;
            }

            return Interlocked.Exchange(ref file, null)!;
        }
        catch (UnauthorizedAccessException exception)
        {
            throw AtomicFile.Wrap(exception, path);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
            file?.Dispose();
        }
    }

    public void Read(long offset, Span<byte> destination, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(handle, destination, offset);
            if (read == 0)
            {
                throw ListedFile.CutOff(path, offset);
            }

            offset += read;
            destination = destination[read..];
        }
    }

    public void Dispose() => handle.Dispose();

    private void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(handle, bytes, offset);
        }
        catch (IOException exception)
        {
            throw AtomicFile.Wrap(exception, path);
        }
    }

    private static void CheckRoom(string path, long length)
    {
        long free = new DriveInfo(Path.GetDirectoryName(path)!).AvailableFreeSpace;
        if (free < length)
        {
            throw AtomicFile.Full(new IOException(), path);
        }
    }
}
