using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Sources.Http;
using LowMem.TestServer;

namespace LowMem.Checkpoints.Tests.Sources.Http;

/// <summary>A server of its own for each test, and a clock that never makes anybody wait.</summary>
public abstract class RemoteFixture : IAsyncLifetime
{
    protected FileServer Server { get; private set; } = null!;

    internal ImpatientClock Clock { get; } = new();

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Server = await FileServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal RemoteOptions Options(bool allowsFullDownload = false, bool allowsUnencrypted = false, bool readsAll = false, Dictionary<string, string>? hub = null) => new()
    {
        AllowFullDownload = allowsFullDownload,
        AllowUnencrypted = allowsUnencrypted,
        ReadsAll = readsAll,
        Times = new RemoteTimes { Clock = Clock },
        Hub = new HubEnvironment(name => hub?.GetValueOrDefault(name), _ => null),
    };

    internal Checkpoint Open(string uri, RemoteOptions? options = null)
    {
        var location = RemoteLocation.Create(uri, options ?? Options());
        return Checkpoint.Open(location, location.Name, Stop);
    }

    /// <summary>The bytes of content that were sent for a path.</summary>
    protected long BytesOf(string path) => Server.Requests.Where(request => request.Path == path).Sum(request => request.BytesSent);

    /// <summary>How often a path was asked for.</summary>
    protected int CountOf(string path) => Server.Requests.Count(request => request.Path == path);
}
