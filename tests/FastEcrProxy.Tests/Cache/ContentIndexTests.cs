using CsCheck;
using FastEcrProxy.Cache;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Cache;

public sealed class ContentIndexTests
{
    private const int Keys = 6;

    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(50);

    private static readonly DigestKey[] Key =
        [.. Enumerable.Range(0, Keys).Select(static i => DigestKey.Of(Digest.Of([(byte)i])))];

    private enum Step
    {
        Touch,
        AddOldest,
        Remove,
        TakeOldest,
        Pin,
        Unpin,
    }

    private static readonly Gen<(Step Step, int Key, int Size)[]> Plays =
        Gen.Select(Gen.Enum<Step>(), Gen.Int[0, Keys - 1], Gen.Int[0, 100]).Array[0, 80];

    [Fact]
    public void AnyPlay_IsAListByUseWithPins() => Plays.Sample(steps =>
    {
        var index = new ContentIndex();
        var model = new List<(int Key, long Size)>(); // oldest first
        var pins = new int[Keys];
        foreach (var (step, key, size) in steps)
        {
            Play(index, model, pins, step, key, size);

            Assert.Equal(model.Sum(static entry => entry.Size), index.Bytes);
            Assert.Equal(model.Where(entry => pins[entry.Key] == 0).Sum(static entry => entry.Size), index.UnpinnedBytes);
            Assert.Equal(model.Count, index.Count);
            Assert.Equal(Sizes(model), Key.Select(index.SizeOf));
        }
    });

    [Fact]
    public void StampOnDisk_IsRenewedOnceAMinute()
    {
        var index = new ContentIndex();

        Assert.True(index.Touch(Key[0], 1, Now));
        Assert.False(index.Touch(Key[0], 1, Now.AddSeconds(59)));
        Assert.True(index.Touch(Key[0], 1, Now.AddSeconds(60)));
        Assert.False(index.Touch(Key[0], 1, Now.AddSeconds(61)));
    }

    [Fact]
    public void StampOfWhatWasFound_IsItsFiles()
    {
        var index = new ContentIndex();
        index.AddOldest(Key[0], 1, Now.AddSeconds(-59));
        index.AddOldest(Key[1], 1, Now.AddSeconds(-60));

        Assert.False(index.Touch(Key[0], 1, Now));
        Assert.True(index.Touch(Key[1], 1, Now));
    }

    [Fact]
    public void ClockThatWentBack_RenewsNoStamp()
    {
        var index = new ContentIndex();
        index.Touch(Key[0], 1, Now);

        Assert.False(index.Touch(Key[0], 1, Now.AddHours(-1)));
    }

    [Fact]
    public async Task UseByManyAtOnce_LeavesNothingOver()
    {
        var index = new ContentIndex();
        var users = Enumerable.Range(0, 4).Select(user => Task.Run(() =>
        {
            for (var i = 0; i < 5000; i++)
            {
                var key = Key[(i + user) % Keys];
                index.Pin(key);
                index.Touch(key, 10, Now);
                index.Unpin(key);
                index.TryTakeOldest(out _, out _);
            }
        }, TestContext.Current.CancellationToken));

        await Task.WhenAll(users);

        while (index.TryTakeOldest(out _, out _))
        {
        }

        Assert.Equal((0, 0, 0), (index.Bytes, index.UnpinnedBytes, index.Count));
    }

    private static void Play(ContentIndex index, List<(int Key, long Size)> model, int[] pins, Step step, int key, int size)
    {
        var at = model.FindIndex(entry => entry.Key == key);
        switch (step)
        {
            case Step.Touch:
                index.Touch(Key[key], size, Now);
                model.RemoveAll(entry => entry.Key == key);
                model.Add((key, size));
                break;
            case Step.AddOldest:
                index.AddOldest(Key[key], size, Now);
                model.InsertRange(0, at < 0 ? [(key, size)] : []);
                break;
            case Step.Remove:
                index.Remove(Key[key]);
                model.RemoveAll(entry => entry.Key == key);
                break;
            case Step.TakeOldest:
                var oldest = model.FindIndex(entry => pins[entry.Key] == 0);
                Assert.Equal(oldest >= 0, index.TryTakeOldest(out var taken, out var bytes));
                if (oldest >= 0)
                {
                    Assert.Equal((Key[model[oldest].Key], model[oldest].Size), (taken, bytes));
                    model.RemoveAt(oldest);
                }

                break;
            case Step.Pin:
                index.Pin(Key[key]);
                pins[key]++;
                break;
            case Step.Unpin when pins[key] > 0:
                index.Unpin(Key[key]);
                pins[key]--;
                break;
        }
    }

    private static IEnumerable<long?> Sizes(List<(int Key, long Size)> model) =>
        Enumerable.Range(0, Keys).Select(
            key => model.Where(entry => entry.Key == key).Select(static entry => (long?)entry.Size).FirstOrDefault());
}
