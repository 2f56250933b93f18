using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources.Http;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Values;
using LowMem.TestServer;
using Microsoft.AspNetCore.Http;

namespace LowMem.Checkpoints.Tests.Sources.Http;

/// <summary>What servers and connections do wrong. None of it gives a wrong byte, a hang or another exception.</summary>
public sealed class RemoteFaultTests : RemoteFixture
{
    private const string Path = "/model.safetensors";

    private static readonly float[] Values = [.. Enumerable.Range(0, 200_000).Select(i => (float)i)];

    private static readonly byte[] File = SafetensorsBytes.One("w", Values);

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(408)]
    public void AsksAgainWhereThatMayHelp(int status)
    {
        FailTimes(2, context => context.Response.StatusCode = status);

        Assert.Equal("w", Open(Server.Add(Path, File)).Tensors[0].Key);
        Assert.Equal(2, Clock.Waits.Count);
    }

    [Fact]
    public void WaitsAsLongAsTheServerWants()
    {
        FailTimes(1, context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "17";
        });

        Open(Server.Add(Path, File));

        Assert.Equal([TimeSpan.FromSeconds(17)], Clock.Waits);
    }

    [Fact]
    public void DoesNotWaitForHours() => AssertFails(
        CheckpointErrorIds.RemoteUnavailable,
        "HTTP status 503 and wants to be left alone for 7200 seconds",
        requests: 1,
        context =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = "7200";
        });

    [Fact]
    public void GivesUpAfterSomeAttempts() =>
        AssertFails(CheckpointErrorIds.RemoteUnavailable, "HTTP status 503", requests: 6, context => context.Response.StatusCode = 503);

    [Theory]
    [InlineData(400, CheckpointErrorIds.RemoteUnavailable)]
    [InlineData(401, CheckpointErrorIds.AccessDenied)]
    [InlineData(403, CheckpointErrorIds.AccessDenied)]
    [InlineData(404, CheckpointErrorIds.NotFound)]
    [InlineData(410, CheckpointErrorIds.NotFound)]
    [InlineData(501, CheckpointErrorIds.RemoteUnavailable)]
    public void AsksOnceWhereItWouldNotHelp(int status, string errorId) =>
        AssertFails(errorId, $"HTTP status {status}", requests: 1, context => context.Response.StatusCode = status);

    [Theory]
    [InlineData("bytes 1-512/{0}")]
    [InlineData("bytes 0-10/{0}")]
    [InlineData("bytes 0-511/5")]
    [InlineData("bytes 0-511/*")]
    [InlineData("lines 0-511/{0}")]
    [InlineData("bytes */{0}")]
    [InlineData("nonsense")]
    [InlineData("")]
    public void RefusesAnotherRange(string range) => AssertFails(
        CheckpointErrorIds.RemoteAnswerInvalid,
        "Content-Range",
        requests: 1,
        context =>
        {
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = string.Format(System.Globalization.CultureInfo.InvariantCulture, range, File.Length);
            context.Response.ContentLength = 512;
            return context.Response.Body.WriteAsync(File.AsMemory(0, 512)).AsTask();
        });

    [Theory]
    [InlineData(100)]
    [InlineData(600)]
    public void RefusesALengthThatIsNotThatOfTheRange(int length) => AssertFails(
        CheckpointErrorIds.RemoteAnswerInvalid,
        "Content-Length",
        requests: 1,
        context =>
        {
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes 0-511/{File.Length}";
            context.Response.ContentLength = length;
            return context.Response.Body.WriteAsync(new byte[length]).AsTask();
        });

    [Fact]
    public void RefusesBytesThatArePacked() => AssertFails(
        CheckpointErrorIds.RemoteAnswerInvalid,
        "Content-Encoding",
        requests: 1,
        context =>
        {
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentEncoding = "gzip";
            context.Response.Headers.ContentRange = $"bytes 0-511/{File.Length}";
            return context.Response.Body.WriteAsync(new byte[512]).AsTask();
        });

    [Fact]
    public void RefusesALengthThatNoFileHas() => AssertFails(
        CheckpointErrorIds.RemoteAnswerInvalid,
        "which none has",
        requests: 1,
        context =>
        {
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = "bytes 0-511/9223372036854775807";
            return context.Response.Body.WriteAsync(new byte[512]).AsTask();
        });

    [Fact]
    public void LeavesABodyThatGoesOnBehindItsRange() => AssertFails(
        CheckpointErrorIds.RemoteAnswerInvalid,
        "goes on behind the 512 bytes",
        requests: 1,
        async context =>
        {
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes 0-511/{File.Length}";
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(new byte[4096]);
            }
        });

    [Fact]
    public void LeavesAServerThatSaysNothing()
    {
        Clock.Silence = TimeSpan.FromMilliseconds(50);

        AssertFails(
            CheckpointErrorIds.RemoteUnavailable, "does not answer in time", requests: 6, context => Task.Delay(Timeout.Infinite, context.RequestAborted));
    }

    [Fact]
    public void LeavesAServerThatStopsInTheMiddle()
    {
        Clock.Silence = TimeSpan.FromMilliseconds(200);

        AssertFails(CheckpointErrorIds.RemoteUnavailable, "does not answer in time, or too slowly", requests: 6, async context =>
        {
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes 0-511/{File.Length}";
            context.Response.ContentLength = 512;
            await context.Response.Body.WriteAsync(new byte[10]);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
    }

    [Fact]
    public void GoesOnWhereAConnectionBroke()
    {
        string uri = Server.Add(Path, File);
        var checkpoint = Open(uri);
        var sent = new List<string>();
        Server.Fault = async (context, request) =>
        {
            sent.Add(request.Range!);
            if (sent.Count > 3)
            {
                return false;
            }

            var (first, last) = request.GetRange(File.Length);
            context.Response.StatusCode = 206;
            context.Response.Headers.ETag = "\"v1\"";
            context.Response.Headers.ContentRange = $"bytes {first}-{last}/{File.Length}";
            context.Response.ContentLength = last - first + 1;
            await context.Response.Body.WriteAsync(File.AsMemory((int)first, 1000));
            await context.Response.Body.FlushAsync();
            await Task.Delay(20);
            context.Abort();
            return true;
        };
        byte[] values = new byte[Values.Length * 4];
        using var reader = new TensorDataReader(checkpoint);

        reader.Read(checkpoint.Tensors[0], 0, values, Stop);

        Assert.Equal(File[^values.Length..], values);
        Assert.True(sent.Count >= 4, "it was asked again");
        Assert.True(sent.Distinct().Count() > 1, "what had come was not asked for again");
    }

    [Fact]
    public void AServerThatIsNotThereIsAnErrorAtOnce()
    {
        var error = Assert.Throws<CheckpointException>(() => Open("http://127.0.0.1:1/model.pt"));

        Assert.Equal(CheckpointErrorIds.RemoteUnavailable, error.ErrorId);
        Assert.Empty(Clock.Waits);
    }

    [Fact]
    public async Task WaitingIsEndedByTheToken()
    {
        var asked = new TaskCompletionSource();
        Server.Fault = async (context, _) =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
            return true;
        };
        using var cancellation = new CancellationTokenSource();
        var location = RemoteLocation.Create(Server.Add(Path, File), Options());
        var opening = Task.Run(() => location.Open(location.Name, cancellation.Token), Stop);
        await asked.Task;

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
    }

    [Fact]
    public void OneShardThatCannotBeHadIsNoShardThatIsMissing()
    {
        Server.Add("/b.safetensors", SafetensorsBytes.One("w", 1));
        string uri = Server.Add("/model.safetensors.index.json", """{"weight_map":{"w":"b.safetensors"}}"""u8.ToArray());
        Server.Fault = (context, request) =>
        {
            context.Response.StatusCode = 503;
            return Task.FromResult(request.Path == "/b.safetensors");
        };

        Assert.Equal(CheckpointErrorIds.RemoteUnavailable, Assert.Throws<CheckpointException>(() => Open(uri)).ErrorId);
    }

    private void AssertFails(string errorId, string said, int requests, Action<HttpContext> answer) => AssertFails(errorId, said, requests, context =>
    {
        answer(context);
        return Task.CompletedTask;
    });

    private void AssertFails(string errorId, string said, int requests, Func<HttpContext, Task> answer)
    {
        Server.Fault = async (context, _) =>
        {
            await answer(context);
            return true;
        };

        var error = Assert.Throws<CheckpointException>(() => Open(Server.Add(Path, File)));

        Assert.Equal(errorId, error.ErrorId);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.Equal(requests, CountOf(Path));
    }

    private void FailTimes(int times, Action<HttpContext> answer)
    {
        int left = times;
        Server.Fault = (context, _) =>
        {
            if (left-- <= 0)
            {
                return Task.FromResult(false);
            }

            answer(context);
            return Task.FromResult(true);
        };
    }
}
