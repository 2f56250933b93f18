using System.Security.Cryptography;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Sources.Http;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Sources.Http;

/// <summary>Whole files of servers, which are mapped: fetched once, kept within a limit, and by several at a time.</summary>
public sealed class RemoteCacheTests : RemoteFixture, IDisposable
{
    private static readonly byte[] Content = SafetensorsBytes.One("w", [.. Enumerable.Range(0, 50_000).Select(i => (float)i)]);

    private readonly string directory = Directory.CreateTempSubdirectory("lowmem-cache-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void AFileIsFetchedOnceAndIsTheSameByteForByte()
    {
        string uri = Server.Add("/a", Content);

        var first = MakeLocal(uri, out long fetched);
        var second = MakeLocal(uri, out long again);

        Assert.Equal(Content, File.ReadAllBytes(first.Path));
        Assert.Equal(first.Path, second.Path);
        Assert.Equal((Content.Length, 0), (fetched, again));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Content)), Path.GetFileName(first.Path));
    }

    [Fact]
    public void TheSameContentIsKeptOnceWhateverItsName()
    {
        var first = MakeLocal(Server.Add("/a", Content), out _);
        var second = MakeLocal(Server.Add("/b", Content), out _);

        Assert.Equal(first.Path, second.Path);
        Assert.Single(Directory.GetFiles(Path.Combine(directory, "content")));
    }

    [Fact]
    public void AnotherVersionIsFetchedAgain()
    {
        string uri = Server.Add("/a", Content);
        var first = MakeLocal(uri, out _);
        byte[] other = SafetensorsBytes.One("w", [.. Enumerable.Range(1, 50_000).Select(i => (float)i)]);
        Server.Files["/a"] = new(other) { Tag = "\"v2\"" };

        var second = MakeLocal(uri, out _);

        Assert.NotEqual(first.Path, second.Path);
        Assert.Equal(other, File.ReadAllBytes(second.Path));
    }

    [Fact]
    public void WhatWasNotUsedForTheLongestTimeGoesFirst()
    {
        long limit = (2 * Content.Length) + 1000;
        string[] paths = [.. "abc".Select((name, i) =>
        {
            byte[] bytes = SafetensorsBytes.One("w", [.. Enumerable.Range(i, 50_000).Select(value => (float)value)]);
            var local = MakeLocal(Server.Add($"/{name}", bytes), out _, limit);
            File.SetLastAccessTimeUtc(local.Path, DateTime.UtcNow.AddHours(i - 10));
            return local.Path;
        })];

        Assert.Equal([false, true, true], paths.Select(File.Exists));
    }

    [Fact]
    public void WhatIsLargerThanTheLimitOrHasNoVersionIsFetchedAndNotKept()
    {
        string uri = Server.Add("/a", Content);
        Server.Files["/b"] = new(Content) { Tag = null, LastModified = null };
        foreach (var (address, limit) in new[] { (uri, 1000L), (Server.Address + "/b", 1L << 30) })
        {
            using var location = Create(address, limit);
            var file = List(location);

            var local = location.MakeLocal(file, _ => { }, Stop);

            Assert.Equal(Content, File.ReadAllBytes(local.Path));
            location.Dispose();
            Assert.False(File.Exists(local.Path));
        }

        Assert.False(Directory.Exists(Path.Combine(directory, "content")));
    }

    [Fact]
    public async Task TwoAtOnceFetchItOnce()
    {
        string uri = Server.Add("/a", Content);
        var files = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => MakeLocal(uri, out long _), Stop)));

        Assert.Single(files.Select(file => file.Path).Distinct());
        Assert.Equal(Content.Length, BytesOf("/a") - (4 * 512));
    }

    [Fact]
    public void AnotherDigestThanTheHubSaysIsRefusedAndNotKept()
    {
        Server.Add("/o/r/resolve/main/f", Content);
        Server.Fault = (context, _) =>
        {
            context.Response.Headers["X-Linked-Etag"] = $"\"{new string('0', 64)}\"";
            return Task.FromResult(false);
        };
        var options = Options(allowsUnencrypted: true, hub: new() { ["HF_ENDPOINT"] = Server.Address });
        using var location = RemoteLocation.Create("hf://o/r/f", With(options.Hub, 1L << 30));
        var file = List(location);

        var error = Assert.Throws<CheckpointException>(() => location.MakeLocal(file, _ => { }, Stop));

        Assert.Equal(CheckpointErrorIds.RemoteAnswerInvalid, error.ErrorId);
        Assert.Contains("SHA-256", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(directory, "content")));
        Assert.Empty(Directory.GetFiles(Path.Combine(directory, "tmp")));
    }

    [Fact]
    public void WhatBreaksLeavesNothingBehind()
    {
        string uri = Server.Add("/a", Content);
        using var location = Create(uri, 1L << 30);
        var file = List(location);
        Server.Fault = (context, _) =>
        {
            context.Response.StatusCode = 503;
            return Task.FromResult(true);
        };

        Assert.Equal(CheckpointErrorIds.RemoteUnavailable, Assert.Throws<CheckpointException>(() => location.MakeLocal(file, _ => { }, Stop)).ErrorId);
        Assert.Empty(Directory.GetFiles(Path.Combine(directory, "tmp")));
    }

    [Fact]
    public void TheCacheIsOfThisUserAlone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("there the folder of the user is closed to others");
            return;
        }

        MakeLocal(Server.Add("/a", Content), out _);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(directory, "content")));
    }

    [Theory]
    [InlineData("LOWMEM_CACHE", "/x", "/x")]
    [InlineData("XDG_CACHE_HOME", "/x", "/x/lowmem")]
    public void IsWhereTheEnvironmentSays(string variable, string value, string expected)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the folders of other systems are others");
        Assert.Contains(expected, RemoteCache.OfUser(name => name == variable ? value : null).ToString(), StringComparison.Ordinal);
    }

    private static CheckpointFile List(RemoteLocation location) => Checkpoint.Open(location, location.Name, Stop).Files[0];

    private CheckpointFile MakeLocal(string uri, out long fetched, long limit = 1L << 30)
    {
        using var location = Create(uri, limit);
        var file = List(location);
        fetched = location.CountBytesToFetch(file);
        long arrived = 0;
        var local = location.MakeLocal(file, bytes => Interlocked.Add(ref arrived, bytes), Stop);
        Assert.True(arrived == fetched || arrived == 0, "what was counted is what came");
        return local;
    }

    private RemoteLocation Create(string uri, long limit) => RemoteLocation.Create(uri, With(Options().Hub, limit));

    private RemoteOptions With(HubEnvironment hub, long limit) => new()
    {
        Times = new RemoteTimes { Clock = Clock },
        Hub = hub,
        AllowUnencrypted = true,
        Cache = new RemoteCache(directory, limit),
    };
}
