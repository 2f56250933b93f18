using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LowMem.TestServer;

/// <summary>Serves files by ranges on loopback addresses, notes what was asked, and does what is wrong where it is told to.</summary>
public sealed class FileServer : IAsyncDisposable
{
    private readonly WebApplication application;
    private readonly string[] addresses;

    private FileServer(WebApplication application, string[] addresses)
    {
        this.application = application;
        this.addresses = addresses;
    }

    /// <summary>The files by their paths, with the slash in front.</summary>
    public ConcurrentDictionary<string, ServedFile> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>What was asked, in order.</summary>
    public ConcurrentQueue<ServedRequest> Requests { get; } = new();

    /// <summary>Answers in place of the server where it returns true; null to leave all to the server.</summary>
    public Func<HttpContext, ServedRequest, Task<bool>>? Fault { get; set; }

    /// <summary>The address of the server, without a slash at its end.</summary>
    public string Address => addresses[0];

    /// <summary>The same server under another loopback address, which is another host to whoever asks.</summary>
    public string OtherAddress => addresses[1];

    /// <summary>Starts a server on free ports of 127.0.0.1 and 127.0.0.2.</summary>
    public static async Task<FileServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Listen(IPAddress.Loopback, 0);
            options.Listen(IPAddress.Parse("127.0.0.2"), 0);
            options.Limits.MinResponseDataRate = null;
        });
        var application = builder.Build();
        FileServer? server = null;
        application.Run(context => server!.ServeAsync(context));
        await application.StartAsync();
        var found = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        return server = new FileServer(application, [.. found.Order(StringComparer.Ordinal)]);
    }

    /// <summary>Serves bytes under a path.</summary>
    /// <param name="path">The path, with the slash in front.</param>
    /// <param name="bytes">The bytes.</param>
    /// <returns>The address.</returns>
    public string Add(string path, byte[] bytes)
    {
        Files[path] = new ServedFile(bytes);
        return Address + path;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await application.StopAsync(now.Token);
        await application.DisposeAsync();
    }

    /// <summary>Sends a range of bytes, as a server does.</summary>
    public static async Task SendAsync(HttpContext context, ServedFile file, ServedRequest request)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(request);
        var response = context.Response;
        response.Headers.ETag = file.Tag;
        response.Headers.LastModified = file.LastModified?.ToString("R", CultureInfo.InvariantCulture);
        var (first, last) = request.GetRange(file.Bytes.Length);
        if (request.Range is not null && first >= file.Bytes.Length)
        {
            response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
            response.Headers.ContentRange = $"bytes */{file.Bytes.Length}";
            return;
        }

        if (request.Range is not null)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = $"bytes {first}-{last}/{file.Bytes.Length}";
        }

        response.ContentLength = last - first + 1;
        request.BytesSent = last - first + 1;
        await response.Body.WriteAsync(file.Bytes.AsMemory((int)first, (int)(last - first + 1)), context.RequestAborted);
    }

    private async Task ServeAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        var request = new ServedRequest(
            path,
            context.Request.QueryString.Value ?? string.Empty,
            context.Request.Host.Value!,
            context.Request.Headers.Range.FirstOrDefault(),
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
        Requests.Enqueue(request);
        context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        if (Fault is { } fault && await fault(context, request))
        {
            return;
        }

        if (Files.TryGetValue(path, out var file))
        {
            await SendAsync(context, file, request);
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    }
}
