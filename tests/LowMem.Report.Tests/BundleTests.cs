namespace LowMem.Report.Tests;

/// <summary>The bundle in the checkout is what the sources and the lock file make.</summary>
public sealed class BundleTests
{
    private static string Built { get; } = Path.Combine(Executables.Root, "src", "LowMem.Checkpoints", "Reporting", "Pages");

    [Fact]
    public async Task TheBundleIsWhatTheSourcesMake()
    {
        NodeModules.Require();
        var made = Directory.CreateTempSubdirectory("lowmem-bundle-");
        try
        {
            Assert.Null(NodeModules.Run("build.js", made.FullName));
            foreach (string name in (string[])["report.js", "report.css"])
            {
                Assert.Equal(
                    await File.ReadAllTextAsync(Path.Combine(made.FullName, name), TestContext.Current.CancellationToken),
                    await File.ReadAllTextAsync(Path.Combine(Built, name), TestContext.Current.CancellationToken));
            }
        }
        finally
        {
            made.Delete(recursive: true);
        }
    }

    [Fact]
    public void TheSourcesAreOfTheTypesTheySay()
    {
        NodeModules.Require();

        Assert.Null(NodeModules.Run(Path.Combine("node_modules", "typescript", "bin", "tsc"), "--project", "tsconfig.json"));
    }

    [Fact]
    public void TheBundleCarriesTheLicenceOfWhatIsInIt()
    {
        string script = File.ReadAllText(Path.Combine(Built, "report.js"));

        Assert.StartsWith("/*! d3-hierarchy 3.1.3", script, StringComparison.Ordinal);
        Assert.Contains("Mike Bostock", script, StringComparison.Ordinal);
    }

    [Fact]
    public void EachPackageIsLockedByItsDigest()
    {
        string locked = File.ReadAllText(Path.Combine(NodeModules.Sources, "package-lock.json"));
        using var json = System.Text.Json.JsonDocument.Parse(locked);
        var packages = json.RootElement.GetProperty("packages").EnumerateObject().Where(package => package.Name.Length > 0).ToList();

        Assert.NotEmpty(packages);
        Assert.All(packages, package => Assert.StartsWith("sha512-", package.Value.GetProperty("integrity").GetString(), StringComparison.Ordinal));
        Assert.DoesNotContain("\"resolved\"", locked, StringComparison.Ordinal);
    }
}
