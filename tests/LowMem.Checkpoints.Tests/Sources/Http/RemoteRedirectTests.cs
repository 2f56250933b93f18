using System.Net;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources.Http;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Tests.Sources.Http;

/// <summary>Where servers send, what goes along, and where one does not go.</summary>
public sealed class RemoteRedirectTests : RemoteFixture
{
    private const string Token = "hf_secret";

    [Fact]
    public void AnotherHostGetsNeitherTokenNorHeaders()
    {
        Server.Add("/there", SafetensorsBytes.One("w", 1));
        Redirect("/here", Server.OtherAddress + "/there");
        var options = Options(allowsUnencrypted: true);
        options.SetToken(Token);
        options.AddHeader("X-Api-Key", "key");

        Open(Server.Address + "/here", options);

        var here = Server.Requests.First(request => request.Path == "/here");
        Assert.Equal("Bearer " + Token, here.Headers["Authorization"]);
        Assert.Equal("key", here.Headers["X-Api-Key"]);
        var there = Server.Requests.First(request => request.Path == "/there");
        Assert.DoesNotContain("Authorization", there.Headers.Keys);
        Assert.DoesNotContain("X-Api-Key", there.Headers.Keys);
        Assert.DoesNotContain(there.Headers.Values, value => value.Contains(Token, StringComparison.Ordinal));
    }

    [Fact]
    public void TheSameHostGetsThemAgain()
    {
        Server.Add("/there", SafetensorsBytes.One("w", 1));
        Redirect("/here", "/there");
        var options = Options(allowsUnencrypted: true);
        options.SetToken(Token);

        Open(Server.Address + "/here", options);

        Assert.Equal("Bearer " + Token, Server.Requests.First(request => request.Path == "/there").Headers["Authorization"]);
    }

    [Fact]
    public void TheWayIsGoneOnceAndAgainWhenASignedAddressIsOver()
    {
        Server.Add("/there", SafetensorsBytes.One("w", [.. Enumerable.Range(0, 100_000).Select(i => (float)i)]));
        int signature = 0;
        Server.Fault = (context, request) =>
        {
            if (request.Path == "/here")
            {
                context.Response.StatusCode = 302;
                context.Response.Headers.Location = $"{Server.OtherAddress}/there?signature={++signature}";
                return Task.FromResult(true);
            }

            bool isOver = request.Query != $"?signature={signature}" || (signature == 1 && Server.Requests.Count > 3);
            context.Response.StatusCode = isOver ? 403 : 200;
            return Task.FromResult(isOver);
        };

        var checkpoint = Open(Server.Address + "/here");
        using var reader = new TensorDataReader(checkpoint);
        reader.Read(checkpoint.Tensors[0], 0, new byte[200_000], Stop);
        reader.Read(checkpoint.Tensors[0], 200_000, new byte[200_000], Stop);

        Assert.Equal(2, CountOf("/here"));
    }

    [Theory]
    [InlineData("file:///etc/passwd", "begins with 'file:'")]
    [InlineData("ftp://127.0.0.1/x", "begins with 'ftp:'")]
    [InlineData("gopher://127.0.0.1/x", "begins with 'gopher:'")]
    public void AnotherSchemeIsNotFollowed(string target, string said) => AssertRefused(target, said);

    [Fact]
    public void ACircleEnds()
    {
        Redirect("/here", "/here");

        var error = Assert.Throws<CheckpointException>(() => Open(Server.Address + "/here"));

        Assert.Equal(CheckpointErrorIds.RemoteRedirectRefused, error.ErrorId);
        Assert.Contains("may go on for ever", error.Message, StringComparison.Ordinal);
        Assert.Equal(11, CountOf("/here"));
    }

    [Theory]
    [InlineData(nameof(AddressScope.Loopback), "this machine itself")]
    [InlineData(nameof(AddressScope.LinkLocal), "the local link")]
    [InlineData(nameof(AddressScope.Private), "a private network")]
    [InlineData(nameof(AddressScope.Reserved), "no address of a host")]
    public void APublicHostSendsToNoOtherKindOfAddress(string scope, string said)
    {
        Server.Add("/there", SafetensorsBytes.One("w", 1));
        Redirect("/here", Server.OtherAddress + "/there");

        var error = Assert.Throws<CheckpointException>(() => Open(Server.Address + "/here", WithScopes(AddressScope.Public, Enum.Parse<AddressScope>(scope))));

        Assert.Equal(CheckpointErrorIds.RemoteRedirectRefused, error.ErrorId);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.Equal(0, CountOf("/there"));
    }

    [Theory]
    [InlineData(nameof(AddressScope.Private), nameof(AddressScope.Private), true)]
    [InlineData(nameof(AddressScope.Private), nameof(AddressScope.Public), true)]
    [InlineData(nameof(AddressScope.Public), nameof(AddressScope.Public), true)]
    [InlineData(nameof(AddressScope.Private), nameof(AddressScope.Loopback), false)]
    [InlineData(nameof(AddressScope.Private), nameof(AddressScope.LinkLocal), false)]
    [InlineData(nameof(AddressScope.Loopback), nameof(AddressScope.Private), false)]
    public void AHostSendsToItsOwnKindAndToPublicOnes(string from, string to, bool isFollowed)
    {
        Server.Add("/there", SafetensorsBytes.One("w", 1));
        Redirect("/here", Server.OtherAddress + "/there");

        var error = Record.Exception(() => Open(Server.Address + "/here", WithScopes(Enum.Parse<AddressScope>(from), Enum.Parse<AddressScope>(to))));

        Assert.Equal(isFollowed, error is null);
        Assert.Equal(isFollowed ? 1 : 0, Math.Min(1, CountOf("/there")));
    }

    /// <summary>A name is looked up when it is connected to, and the address of the connection is what counts.</summary>
    [Fact]
    public void ANameThatMeansThisMachineIsNotGoneTo()
    {
        Server.Add("/there", SafetensorsBytes.One("w", 1));
        string name = Dns.GetHostName();
        Assert.SkipUnless(Dns.GetHostAddresses(name).Length > 0, "this machine has no name that is an address");
        Redirect("/here", $"http://{name}:{new Uri(Server.OtherAddress).Port}/there");
        int asked = 0;
        var options = new RemoteOptions
        {
            Times = new RemoteTimes { Clock = Clock },
            ScopeOf = _ => asked++ == 0 ? AddressScope.Public : AddressScope.Loopback,
        };

        var error = Assert.Throws<CheckpointException>(() => Open(Server.Address + "/here", options));

        Assert.Equal(CheckpointErrorIds.RemoteRedirectRefused, error.ErrorId);
        Assert.Equal(0, CountOf("/there"));
    }

    [Fact]
    public void LocalhostByNameIsNotGoneToFromAPublicHost()
    {
        Redirect("/here", $"http://localhost:{new Uri(Server.Address).Port}/there");
        var options = WithScopes(AddressScope.Public, AddressScope.Loopback);

        Assert.Equal(CheckpointErrorIds.RemoteRedirectRefused, Assert.Throws<CheckpointException>(() => Open(Server.Address + "/here", options)).ErrorId);
    }

    [Theory]
    [InlineData("8.8.8.8", nameof(AddressScope.Public))]
    [InlineData("172.32.0.1", nameof(AddressScope.Public))]
    [InlineData("2606:4700::1111", nameof(AddressScope.Public))]
    [InlineData("0.0.0.0", nameof(AddressScope.Loopback))]
    [InlineData("0.1.2.3", nameof(AddressScope.Loopback))]
    [InlineData("127.0.0.1", nameof(AddressScope.Loopback))]
    [InlineData("127.255.1.1", nameof(AddressScope.Loopback))]
    [InlineData("::1", nameof(AddressScope.Loopback))]
    [InlineData("::", nameof(AddressScope.Loopback))]
    [InlineData("::ffff:127.0.0.1", nameof(AddressScope.Loopback))]
    [InlineData("::ffff:0:127.0.0.1", nameof(AddressScope.Loopback))]
    [InlineData("64:ff9b::7f00:1", nameof(AddressScope.Loopback))]
    [InlineData("2002:7f00:1::", nameof(AddressScope.Loopback))]
    [InlineData("::127.0.0.1", nameof(AddressScope.Reserved))]
    [InlineData("10.1.2.3", nameof(AddressScope.Private))]
    [InlineData("100.64.0.1", nameof(AddressScope.Private))]
    [InlineData("100.100.100.200", nameof(AddressScope.Private))]
    [InlineData("172.16.0.1", nameof(AddressScope.Private))]
    [InlineData("192.168.1.1", nameof(AddressScope.Private))]
    [InlineData("198.18.0.1", nameof(AddressScope.Private))]
    [InlineData("::ffff:10.0.0.1", nameof(AddressScope.Private))]
    [InlineData("fd00:ec2::254", nameof(AddressScope.Private))]
    [InlineData("fec0::1", nameof(AddressScope.Private))]
    [InlineData("169.254.169.254", nameof(AddressScope.LinkLocal))]
    [InlineData("::ffff:169.254.169.254", nameof(AddressScope.LinkLocal))]
    [InlineData("168.63.129.16", nameof(AddressScope.LinkLocal))]
    [InlineData("fe80::1%1", nameof(AddressScope.LinkLocal))]
    [InlineData("224.0.0.1", nameof(AddressScope.Reserved))]
    [InlineData("255.255.255.255", nameof(AddressScope.Reserved))]
    [InlineData("ff02::1", nameof(AddressScope.Reserved))]
    public void TellsTheKindOfAnAddress(string address, string scope) => Assert.Equal(scope, AddressScopes.Of(IPAddress.Parse(address)).ToString());

    private RemoteOptions WithScopes(AddressScope first, AddressScope second) => new()
    {
        Times = new RemoteTimes { Clock = Clock },
        ScopeOf = address => address.Equals(IPAddress.Loopback) ? first : second,
    };

    private void Redirect(string from, string to) => Server.Fault = (context, request) =>
    {
        if (request.Path == from)
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = to;
        }

        return Task.FromResult(request.Path == from);
    };

    private void AssertRefused(string target, string said)
    {
        Redirect("/here", target);
        var error = Assert.Throws<CheckpointException>(() => Open(Server.Address + "/here"));

        Assert.Equal(CheckpointErrorIds.RemoteRedirectRefused, error.ErrorId);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
    }
}
