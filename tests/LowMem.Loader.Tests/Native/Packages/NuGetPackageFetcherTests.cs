using System.Net;
using System.Net.Sockets;
using System.Text;
using LowMem.Loader.Native.Packages;
using LowMem.PackageSources;

namespace LowMem.Loader.Tests.Native.Packages;

public sealed class NuGetPackageFetcherTests : IDisposable
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 5000).Select(value => (byte)(value % 251))];
    private static readonly NativePackage Package = new("Some.Package", "1.2.0", Content.Length, "unused here");

    private readonly TempDirectory directory = new();
    private readonly List<string?> ranges = [];

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task ADownloadThatEndsEarlyGoesOnWhereItEnded()
    {
        using var server = new Server(Answer(most: 2000));

        Assert.Equal(server.Address, await Fetch(server));

        Assert.Equal([null, "bytes=2000-", "bytes=4000-"], ranges);
        Assert.Equal(Content, File.ReadAllBytes(directory["part"]));
    }

    [Fact]
    public async Task WhatAnEarlierCallLeftIsGoneOnWith()
    {
        File.WriteAllBytes(directory["part"], Content[..1234]);
        using var server = new Server(Answer(most: int.MaxValue));

        await Fetch(server);

        Assert.Equal(["bytes=1234-"], ranges);
        Assert.Equal(Content, File.ReadAllBytes(directory["part"]));
    }

    [Fact]
    public async Task AServerThatKnowsNoRangesSendsAllOfItAgain()
    {
        File.WriteAllBytes(directory["part"], [9, 9, 9]);
        using var server = new Server(Answer(most: int.MaxValue, knowsRanges: false));

        await Fetch(server);

        Assert.Equal(Content, File.ReadAllBytes(directory["part"]));
    }

    [Fact]
    public async Task MoreThanThePackageHasIsNotTaken()
    {
        using var server = new Server(Answer(most: int.MaxValue));

        await Fetch(server, Package with { Length = 100 });

        Assert.InRange(new FileInfo(directory["part"]).Length, 100, 256 << 10);
    }

    [Fact]
    public async Task EachSourceThatDoesNotHaveItIsNamed()
    {
        using var server = new Server((_, response) => response.StatusCode = 404);
        Directory.CreateDirectory(directory["empty"]);
        using var file = new FileStream(directory["part"], FileMode.OpenOrCreate);

        var error = await Assert.ThrowsAsync<ModelException>(() => new NuGetPackageFetcher().FetchAsync(
            Package, [directory["empty"], server.Address], file, _ => { }, TestContext.Current.CancellationToken));

        Assert.Equal(ModelErrorIds.RuntimePackageNotFound, error.ErrorId);
        Assert.Contains("Some.Package 1.2.0 cannot be had.", error.Message, StringComparison.Ordinal);
        Assert.Contains($"  {directory["empty"]}: it is not there.", error.Message, StringComparison.Ordinal);
        Assert.Contains($"  {server.Address}: it is not there.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AServerThatIsNotEncryptedIsNotAskedUnlessItIsThisMachine()
    {
        using var file = new FileStream(directory["part"], FileMode.OpenOrCreate);

        var error = await Assert.ThrowsAsync<ModelException>(() => new NuGetPackageFetcher().FetchAsync(
            Package, ["http://packages.invalid/index.json"], file, _ => { }, TestContext.Current.CancellationToken));

        Assert.Contains("It is not encrypted", error.Message, StringComparison.Ordinal);
    }

    private async Task<string> Fetch(Server server, NativePackage? package = null)
    {
        using var file = new FileStream(directory["part"], FileMode.OpenOrCreate);
        return await new NuGetPackageFetcher().FetchAsync(
            package ?? Package, [server.Address], file, _ => { }, TestContext.Current.CancellationToken);
    }

    private Action<HttpListenerRequest, HttpListenerResponse> Answer(int most, bool knowsRanges = true) => (request, response) =>
    {
        string? range = request.Headers["Range"];
        ranges.Add(range);
        int start = range is null || !knowsRanges ? 0 : int.Parse(range["bytes=".Length..^1], null);
        int count = Math.Min(most, Content.Length - start);
        if (start > 0)
        {
            response.StatusCode = 206;
            response.Headers["Content-Range"] = $"bytes {start}-{start + count - 1}/{Content.Length}";
        }

        response.OutputStream.Write(Content, start, count);
    };

    /// <summary>A feed on loopback with one package.</summary>
    private sealed class Server : IDisposable
    {
        private readonly HttpListener listener = new();
        private readonly Task loop;

        public Server(Action<HttpListenerRequest, HttpListenerResponse> answer)
        {
            int port = FindPort();
            string root = $"http://127.0.0.1:{port}/";
            Address = $"{root}index.json";
            listener.Prefixes.Add(root);
            listener.Start();
            loop = Task.Run(async () =>
            {
                while (listener.IsListening)
                {
                    HttpListenerContext context;
                    try
                    {
                        context = await listener.GetContextAsync();
                    }
                    catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
                    {
                        return;
                    }

                    using var response = context.Response;
                    if (context.Request.Url!.AbsolutePath == "/index.json")
                    {
                        response.OutputStream.Write(Encoding.UTF8.GetBytes(
                            $$"""{"version":"3.0.0","resources":[{"@id":"{{root}}flat/","@type":"PackageBaseAddress/3.0.0"}]}"""));
                    }
                    else
                    {
                        Assert.Equal("/flat/some.package/1.2.0/some.package.1.2.0.nupkg", context.Request.Url.AbsolutePath);
                        answer(context.Request, response);
                    }
                }
            });
        }

        public string Address { get; }

        public void Dispose()
        {
            listener.Stop();
            loop.Wait();
            listener.Close();
        }

        private static int FindPort()
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            return ((IPEndPoint)probe.LocalEndpoint).Port;
        }
    }
}
