using FastEcrProxy.Cache;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Cache;

public sealed class HotManifestsTests
{
    private const int Bytes = 2000;
    private const int Overhead = 800;
    private const long Room = 100 * (Bytes + Overhead);

    private static readonly DateTimeOffset Start = new(2026, 11, 23, 7, 0, 0, TimeSpan.Zero);

    private readonly HotManifests _hot = new(Room);

    [Fact]
    public void Manifest_IsAtHandUntilItIsRemoved()
    {
        var manifest = Manifest(1);
        _hot.Put(manifest);
        Assert.Same(manifest, _hot.TryGet(manifest.Manifest.Digest));

        _hot.Remove(DigestKey.Of(manifest.Manifest.Digest));
        Assert.Null(_hot.TryGet(manifest.Manifest.Digest));
    }

    [Fact]
    public void SameNameAgain_TakesTheFirstOnesPlace()
    {
        var first = Manifest(1);
        var second = new HotManifest(first.Manifest with { MediaType = "another/type" }, Start);
        for (var i = 0; i < 1000; i++)
        {
            _hot.Put(first);
            _hot.Put(second);
        }

        Assert.Same(second, _hot.TryGet(first.Manifest.Digest));
        Assert.Equal(99, PutAndCount(1000, 99)); // and its room
    }

    [Fact]
    public void AboveTheLimit_TheOldestUnusedGo() => Assert.Equal(100, PutAndCount(0, 150));

    [Fact]
    public void WhatIsAskedFor_StaysWhenSomebodyWalksThroughEverything()
    {
        var fleet = Enumerable.Range(0, 20).Select(i => Manifest(i)).ToArray();
        Array.ForEach(fleet, _hot.Put);

        for (var i = 100; i < 2000; i++)
        {
            Assert.All(fleet, manifest => Assert.NotNull(_hot.TryGet(manifest.Manifest.Digest)));
            _hot.Put(Manifest(i));
        }
    }

    [Fact]
    public void WhatIsNoLongerAskedFor_GivesWay()
    {
        var once = Manifest(0);
        _hot.Put(once);
        Assert.NotNull(_hot.TryGet(once.Manifest.Digest));

        PutAndCount(1, 300);

        Assert.Null(_hot.TryGet(once.Manifest.Digest));
    }

    [Fact]
    public void LargeOne_IsNotKeptForManySmallOnesToGo()
    {
        var large = Manifest(0, (int)Room / 32);

        _hot.Put(large);

        Assert.Null(_hot.TryGet(large.Manifest.Digest));
    }

    /// <summary>Only half of its digest is the table's key.</summary>
    [Fact]
    public void Sha512_IsToldFromAnotherWithTheSameFirstHalf()
    {
        Assert.True(Digest.TryParse("sha512:" + new string('a', 128), out var one));
        Assert.True(Digest.TryParse("sha512:" + new string('a', 64) + new string('b', 64), out var other));
        _hot.Put(new HotManifest(new StoredManifest(one, "a/b", new byte[1]), Start));

        Assert.NotNull(_hot.TryGet(one));
        Assert.Null(_hot.TryGet(other));
    }

    [Fact]
    public void Stamp_IsTakenOnceAMinute()
    {
        var manifest = Manifest(1);

        Assert.False(manifest.TakeStamp(Start.AddSeconds(59)));
        Assert.True(manifest.TakeStamp(Start.AddSeconds(60)));
        Assert.False(manifest.TakeStamp(Start.AddSeconds(60)));
        Assert.True(manifest.TakeStamp(Start.AddSeconds(120)));
    }

    [Fact]
    public async Task ManyAtATime_LeaveItWhole()
    {
        var all = Enumerable.Range(0, 200).Select(i => Manifest(i)).ToArray();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                var manifest = all[((i * 7) + (worker * 53)) % all.Length];
                if (_hot.TryGet(manifest.Manifest.Digest) is null)
                {
                    _hot.Put(manifest);
                }
                else if (i % 50 == 0)
                {
                    _hot.Remove(DigestKey.Of(manifest.Manifest.Digest));
                }
            }
        })));

        Assert.Equal(100, PutAndCount(1000, 300)); // had bytes gone astray, more or fewer would find room
    }

    /// <summary>Puts so many and counts those of them that are at hand then.</summary>
    private int PutAndCount(int first, int count)
    {
        var put = Enumerable.Range(first, count).Select(i => Manifest(i)).ToArray();
        Array.ForEach(put, _hot.Put);
        return put.Count(manifest => _hot.TryGet(manifest.Manifest.Digest) is not null);
    }

    private static HotManifest Manifest(int number, int length = Bytes)
    {
        var bytes = new byte[length];
        BitConverter.TryWriteBytes(bytes, number);
        return new HotManifest(new StoredManifest(Digest.Of(bytes), "a/b", bytes), Start);
    }
}
