using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Exploring;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Tests.Builders;

namespace LowMem.Checkpoints.Tests.Exploring;

/// <summary>Listings are kept as long as their files are what they were.</summary>
public sealed class ListingCacheTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void WhatDidNotChangeIsNotListedAgain()
    {
        using var directory = new CheckpointDirectory();
        string path = Write(directory, "a.safetensors", "x");
        var cache = new ListingCache();

        var first = cache.Get(path, Stop);

        Assert.Same(first, cache.Get(path, Stop));
        Assert.True(first.IsUnchanged(Stop));
        Assert.Equal("x", first.Tree.Root.Children[0].Key);
    }

    [Fact]
    public void WhatChangedIsListedAgain()
    {
        using var directory = new CheckpointDirectory();
        string path = Write(directory, "a.safetensors", "x");
        var cache = new ListingCache();
        var first = cache.Get(path, Stop);
        Write(directory, "a.safetensors", "longer");

        var error = Assert.Throws<CheckpointException>(() => first.CheckUnchanged(Stop));

        Assert.Equal(CheckpointErrorIds.Changed, error.ErrorId);
        Assert.Equal("longer", cache.Get(path, Stop).Checkpoint.Tensors[0].Key);
    }

    [Fact]
    public void AFileThatIsGoneIsNoLongerListed()
    {
        using var directory = new CheckpointDirectory();
        string path = Write(directory, "a.safetensors", "x");
        var cache = new ListingCache();
        cache.Get(path, Stop);
        File.Delete(path);

        Assert.Equal(CheckpointErrorIds.NotFound, Assert.Throws<CheckpointException>(() => cache.Get(path, Stop)).ErrorId);
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void InADirectoryAFileMoreMattersOnlyWhenItIsAPart()
    {
        using var directory = new CheckpointDirectory();
        Write(directory, "model-00001-of-00002.safetensors", "x");
        Write(directory, "model-00002-of-00002.safetensors", "y");
        var listing = CheckpointListing.Open(CheckpointLocation.Local, directory.Path, Stop);
        File.WriteAllText(Path.Combine(directory.Path, "notes.txt"), "nothing of the model");
        listing.CheckUnchanged(Stop);
        Write(directory, "model.safetensors", "z");

        Assert.False(listing.IsUnchanged(Stop));
    }

    [Fact]
    public void NoMoreAreKeptThanThereIsRoomFor()
    {
        using var directory = new CheckpointDirectory();
        var cache = new ListingCache();
        for (int i = 0; i <= ListingCache.MostListings; i++)
        {
            cache.Get(Write(directory, $"{i}.safetensors", "x"), Stop);
        }

        Assert.Equal(ListingCache.MostListings, cache.Count);
    }

    private static string Write(CheckpointDirectory directory, string name, string key)
    {
        directory.Write(name, SafetensorsBytes.One(key, 1));
        return Path.Combine(directory.Path, name);
    }
}
