using System.Text;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Sources.Http;
using LowMem.Checkpoints.Tests.Builders;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Tests.Sources.Http;

/// <summary>Names of the hub, its answers, and what its users have set. Secrets stay where they belong.</summary>
public sealed class HubTests : RemoteFixture
{
    private const string Commit = "0123456789abcdef0123456789abcdef01234567";
    private const string Token = "hf_TopSecret";

    [Theory]
    [InlineData("hf://o/r", "https://h/o/r/resolve/main/")]
    [InlineData("hf://o/r/model.safetensors", "https://h/o/r/resolve/main/model.safetensors")]
    [InlineData("HF://o/r@v1.0/sub/a b.pt", "https://h/o/r/resolve/v1.0/sub/a%20b.pt")]
    [InlineData("hf://o/r@feature%2Fx/f.pt", "https://h/o/r/resolve/feature%2Fx/f.pt")]
    [InlineData("hf://o/r@refs/pr/7/f.pt", "https://h/o/r/resolve/refs%2Fpr%2F7/f.pt")]
    [InlineData("hf://models/o/r/f.pt", "https://h/o/r/resolve/main/f.pt")]
    [InlineData("hf://datasets/o/r/f.pt", "https://h/datasets/o/r/resolve/main/f.pt")]
    [InlineData("hf://o/r/50%.pt", "https://h/o/r/resolve/main/50%25.pt")]
    public void ANameStandsForAnAddress(string name, string address) => Assert.Equal(address, HubPath.Parse(name).ToUri("https://h").AbsoluteUri);

    [Theory]
    [InlineData("hf://")]
    [InlineData("hf://gpt2")]
    [InlineData("hf:///r")]
    [InlineData("hf://o/")]
    [InlineData("hf://o/../x")]
    [InlineData("hf://../r")]
    [InlineData("hf://o/r@/f")]
    [InlineData("hf://o/r@a%2F..%2Fb/f")]
    [InlineData("hf://o/r/../../etc")]
    [InlineData("hf://o/r/a//b")]
    [InlineData("hf://o/r/a\\b")]
    [InlineData("hf://o@evil/r")]
    [InlineData("hf://o/r?x=1")]
    public void WhatIsNoNameIsRefused(string name) =>
        Assert.Equal(CheckpointErrorIds.UriInvalid, Assert.Throws<CheckpointException>(() => HubPath.Parse(name)).ErrorId);

    [Fact]
    public void AllShardsAreOfTheCommitOfTheIndex()
    {
        AddRepository();

        var checkpoint = Open("hf://o/r", Hub());

        Assert.Equal("hf://o/r", checkpoint.Path);
        Assert.Equal($"hf://o/r@{Commit}/model-1.safetensors", checkpoint.Tensors[0].Path);
        Assert.Equal(["w", "v"], checkpoint.Tensors.Select(tensor => tensor.Key));
        Assert.Equal(
            [$"/o/r/resolve/main/model.safetensors.index.json", $"/o/r/resolve/{Commit}/model-1.safetensors", $"/o/r/resolve/{Commit}/model-2.safetensors"],
            Server.Requests.Where(request => request.Path.StartsWith("/o/", StringComparison.Ordinal)).Select(request => request.Path).Distinct().Order(StringComparer.Ordinal).OrderByDescending(path => path.EndsWith("json", StringComparison.Ordinal)));
        Assert.Equal("True 2", VerificationLevelOf(checkpoint.Path));
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("pytorch_model.bin")]
    [InlineData("adapter_model.safetensors")]
    public void ARepositoryIsOpenedByTheNamesThatLibrariesUse(string name)
    {
        Server.Add($"/o/r/resolve/main/{name}", SafetensorsBytes.One("w", 1));

        Assert.Equal($"hf://o/r/{name}", Open("hf://o/r", Hub()).Tensors[0].Path);
    }

    [Fact]
    public void ARepositoryWithoutSuchAFileSaysWhatWasLookedFor()
    {
        var error = Assert.Throws<CheckpointException>(() => Open("hf://o/r", Hub()));

        Assert.Equal(CheckpointErrorIds.NotFound, error.ErrorId);
        Assert.Contains("model.safetensors.index.json, model.safetensors", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, "RepoNotFound", "it is private and wants a token")]
    [InlineData(403, "GatedRepo", "has to be asked for on its page")]
    [InlineData(404, "RevisionNotFound", "no such revision")]
    [InlineData(404, "EntryNotFound", "no such file in this revision")]
    public void SaysWhatTheHubSays(int status, string code, string said)
    {
        Server.Fault = (context, _) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers["X-Error-Code"] = code;
            return Task.FromResult(true);
        };

        Assert.Contains(said, Assert.Throws<CheckpointException>(() => Open("hf://o/r/f.pt", Hub())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnotherLengthThanTheHubSaysIsAnError()
    {
        AddRepository();
        Server.Files["/cdn/model-1.safetensors"] = new(SafetensorsBytes.One("w", 1, 2, 3, 4));

        Assert.Equal(CheckpointErrorIds.RemoteAnswerInvalid, Assert.Throws<CheckpointException>(() => Open("hf://o/r", Hub())).ErrorId);
    }

    [Fact]
    public void TheTokenOfTheEnvironmentGoesToTheHubAlone()
    {
        AddRepository();

        Open("hf://o/r", Hub(("HF_TOKEN", Token)));

        Assert.All(Server.Requests, request => Assert.Equal(
            request.Path.StartsWith("/o/", StringComparison.Ordinal) ? $"Bearer {Token}" : null, request.Headers.GetValueOrDefault("Authorization")));
        Assert.Contains(Server.Requests, request => request.Path.StartsWith("/cdn/", StringComparison.Ordinal));
    }

    [Fact]
    public void TheTokenOfTheEnvironmentGoesToNoOtherServerAndNotUnencryptedUnasked()
    {
        AddRepository();
        Server.Add("/f.safetensors", SafetensorsBytes.One("w", 1));

        Open(Server.Address + "/f.safetensors", Hub(("HF_TOKEN", Token)));
        Open("hf://o/r", Options(hub: new() { ["HF_ENDPOINT"] = Server.Address, ["HF_TOKEN"] = Token }));

        Assert.DoesNotContain(Server.Requests, request => request.Headers.ContainsKey("Authorization"));
    }

    [Fact]
    public void ATokenThatWasGivenIsNotSentUnencryptedUnasked()
    {
        var options = Options();
        options.SetToken(Token);

        var error = Assert.Throws<CheckpointException>(() => Open(Server.Address + "/f", options));

        Assert.Equal(CheckpointErrorIds.RemoteUnencrypted, error.ErrorId);
        Assert.Empty(Server.Requests);
    }

    [Theory]
    [InlineData("HF_TOKEN", "t1")]
    [InlineData("HUGGING_FACE_HUB_TOKEN", "t1")]
    [InlineData("HF_TOKEN_PATH", "of /given")]
    [InlineData("HF_HOME", "of /given/token")]
    [InlineData("XDG_CACHE_HOME", "of /given/huggingface/token")]
    public void FindsTheTokenWhereHuggingFacesToolsHaveIt(string variable, string expected)
    {
        string value = expected.StartsWith("of", StringComparison.Ordinal) ? "/given" : expected;
        var environment = new HubEnvironment(
            name => name == variable ? value : null, path => $"of {path.Replace('\\', '/')}\n".Replace(" ", "_", StringComparison.Ordinal));

        Assert.Equal(expected.Replace(' ', '_'), environment.FindToken());
    }

    [Fact]
    public void NoTokenIsSentWhereThatIsTurnedOff() => Assert.Null(new HubEnvironment(
        name => name switch { "HF_TOKEN" => Token, "HF_HUB_DISABLE_IMPLICIT_TOKEN" => "1", _ => null }, _ => Token).FindToken());

    [Fact]
    public void OfflineNothingIsFetched()
    {
        var error = Assert.Throws<CheckpointException>(() => Open("hf://o/r", Hub(("HF_HUB_OFFLINE", "1"))));

        Assert.Equal(CheckpointErrorIds.RemoteUnavailable, error.ErrorId);
        Assert.Contains("HF_HUB_OFFLINE", error.Message, StringComparison.Ordinal);
        Assert.Empty(Server.Requests);
    }

    [Theory]
    [InlineData("secret token")]
    [InlineData("secret\r\nX-Other: 1")]
    [InlineData("secretü")]
    public void WhatIsNoTokenIsNotRepeated(string token)
    {
        var error = Assert.Throws<CheckpointException>(() => Options().SetToken(token));

        Assert.Equal(CheckpointErrorIds.UriInvalid, error.ErrorId);
        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Range", "x")]
    [InlineData("host", "x")]
    [InlineData("Accept-Encoding", "gzip")]
    [InlineData("X-A", "secret\r\nX-B: 1")]
    [InlineData("X A", "secret")]
    [InlineData("", "secret")]
    public void AHeaderThatIsNoneOrMadeHereIsRefused(string name, string value)
    {
        var error = Assert.Throws<CheckpointException>(() => Options().AddHeader(name, value));

        Assert.Equal(CheckpointErrorIds.UriInvalid, error.ErrorId);
        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://user:SECRET@h/f")]
    [InlineData("ftp://SECRET@h/f")]
    [InlineData("https:SECRET")]
    public void WhatIsNoAddressIsNotRepeated(string uri)
    {
        var error = Assert.Throws<CheckpointException>(() => RemoteLocation.Create(uri, Options()));

        Assert.Equal(CheckpointErrorIds.UriInvalid, error.ErrorId);
        Assert.DoesNotContain("SECRET", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ASignatureIsInNoObjectAndNoMessage()
    {
        const string signature = "?X-Amz-Signature=SECRET&x=1";
        Server.Add("/m/model-1.safetensors", SafetensorsBytes.One("w", 1));
        string uri = Server.Add("/m/model.safetensors.index.json", """{"weight_map":{"w":"model-1.safetensors","v":"gone.safetensors"}}"""u8.ToArray());
        var options = Options();

        var checkpoint = Open(uri + signature, options);

        // Stores that sign for a directory sign for all that is in it.
        Assert.All(Server.Requests, request => Assert.Equal(signature, request.Query));
        string shown = System.Text.Json.JsonSerializer.Serialize(checkpoint.Tensors.ToArray()) + System.Text.Json.JsonSerializer.Serialize(checkpoint.Files)
            + string.Join('\n', checkpoint.Findings) + checkpoint + string.Join('\n', options.Traffic.TakeLines());
        Assert.Contains("gone.safetensors", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", shown, StringComparison.Ordinal);
        Server.Fault = (context, _) =>
        {
            context.Response.StatusCode = 403;
            return Task.FromResult(true);
        };
        Assert.DoesNotContain("SECRET", Assert.Throws<CheckpointException>(() => Open(uri + signature)).ToString(), StringComparison.Ordinal);
    }

    private RemoteOptions Hub(params (string Name, string Value)[] variables)
    {
        var environment = variables.ToDictionary(variable => variable.Name, variable => variable.Value);
        environment["HF_ENDPOINT"] = Server.Address + "/";
        return Options(allowsUnencrypted: true, hub: environment);
    }

    private string VerificationLevelOf(string name)
    {
        var location = RemoteLocation.Create(name, Hub());
        var verdict = CheckpointVerifier.Verify(name, new VerificationOptions { Level = VerificationLevel.Values, Location = location }, null, Stop);
        return $"{verdict.Passed} {verdict.TensorCount}";
    }

    /// <summary>As the hub does it: small files from the hub itself, large ones by a redirect to another host.</summary>
    private void AddRepository()
    {
        byte[] index = Encoding.UTF8.GetBytes("""{"weight_map":{"w":"model-1.safetensors","v":"model-2.safetensors"}}""");
        var shards = new Dictionary<string, byte[]> { ["model-1.safetensors"] = SafetensorsBytes.One("w", 1), ["model-2.safetensors"] = SafetensorsBytes.One("v", 2) };
        foreach (var (name, bytes) in shards)
        {
            Server.Add($"/cdn/{name}", bytes);
        }

        Server.Add("/o/r/resolve/main/model.safetensors.index.json", index);
        Server.Add($"/o/r/resolve/{Commit}/model.safetensors.index.json", index);
        Server.Fault = (context, request) =>
        {
            if (request.Path.StartsWith("/o/r/resolve/", StringComparison.Ordinal))
            {
                context.Response.Headers["X-Repo-Commit"] = Commit;
                string name = request.Path.Split('/')[^1];
                if (shards.TryGetValue(name, out byte[]? bytes))
                {
                    context.Response.StatusCode = 302;
                    context.Response.Headers["X-Linked-Etag"] = $"\"sha-of-{name}\"";
                    context.Response.Headers["X-Linked-Size"] = $"{bytes.Length}";
                    context.Response.Headers.Location = $"{Server.OtherAddress}/cdn/{name}?signature=x";
                    return Task.FromResult(true);
                }
            }

            return Task.FromResult(false);
        };
    }
}
