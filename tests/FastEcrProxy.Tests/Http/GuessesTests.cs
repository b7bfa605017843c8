using FastEcrProxy.Cache;
using FastEcrProxy.Http;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Observability;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Http;

public sealed class GuessesTests : IDisposable
{
    private static readonly Digest Manifest = Digest.Of("manifest"u8);
    private static readonly Digest Layer = Digest.Of("layer"u8);

    private readonly FakeTimeProvider _time = new();
    private readonly MeasuredValues _measured = new();
    private readonly Guesses _guesses;
    private readonly PulledImage _image = Image(Manifest, Layer);

    public GuessesTests() => _guesses = new Guesses(_time, _measured.Metrics);

    public void Dispose() => _measured.Dispose();

    [Fact]
    public void LayerThatDoesNotBegin_IsNoGuess()
    {
        var wasKnown = false;

        Assert.Null(_guesses.TryAdd(Layer, _image, () =>
        {
            wasKnown = _guesses.MayHave(Layer); // before it begins: a client may come at any moment
            return false;
        }));

        Assert.True(wasKnown);
        Assert.False(_guesses.MayHave(Layer));
        Assert.Equal((0, 0, 0, 0), Counted());
    }

    [Fact]
    public void LayerThatIsAskedFor_WasARightGuessAndIsForgotten()
    {
        Add(Layer, _image);

        Assert.True(_guesses.MayHave(Layer));
        Assert.Equal(_image, _guesses.Take(Layer)!.Image);
        Assert.Null(_guesses.Take(Layer));
        Assert.False(_guesses.MayHave(Layer));
        Assert.Equal((1, 1, 0, 0), Counted());
    }

    [Fact]
    public void LayerThatNobodyAskedForInAnHour_IsWastedAndRemembered()
    {
        Add(Layer, _image);

        _time.Advance(TimeSpan.FromMinutes(59));
        _guesses.GiveUpOld();
        Assert.Equal((1, 0, 0, 0), Counted());

        _time.Advance(TimeSpan.FromMinutes(1));
        _guesses.GiveUpOld();
        _guesses.GiveUpOld();
        Assert.Equal((1, 0, 1, 0), Counted());
        Assert.True(_guesses.MayHave(Layer));

        Assert.NotNull(_guesses.Take(Layer)); // late, but the layer may be guessed again
        Assert.Equal((1, 0, 1, 0), Counted());
    }

    [Fact]
    public void LayerThatCouldNotBeHad_IsCountedOnceAndRemembered()
    {
        var guess = Add(Layer, _image);

        _guesses.Failed(guess);
        _guesses.Failed(guess);
        _time.Advance(TimeSpan.FromHours(2));
        _guesses.GiveUpOld();

        Assert.Equal((1, 0, 0, 1), Counted());
        Assert.True(_guesses.MayHave(Layer));
    }

    [Fact]
    public void LayerThatFailsWhenAClientHasJoined_IsTheClientsAffair()
    {
        var guess = Add(Layer, _image);
        _guesses.Take(Layer);

        _guesses.Failed(guess);

        Assert.Equal((1, 1, 0, 0), Counted());
    }

    [Fact]
    public void Count_IsOfThoseOfTheManifestThatNobodyAskedFor()
    {
        Digest[] layers = [.. Enumerable.Range(0, 4).Select(n => Digest.Of(BitConverter.GetBytes(n)))];
        var other = Image(Digest.Of("another"u8), layers);
        Add(layers[0], _image);
        Add(layers[1], _image);
        Add(layers[2], other);
        _guesses.Take(layers[0]);

        Assert.Equal(1, _guesses.Count(_image.Manifest, layers));
        Assert.Equal(1, _guesses.Count(other.Manifest, layers));
        Assert.Equal(0, _guesses.Count(other.Manifest, layers[..2]));
    }

    [Fact]
    public void Memory_IsBoundedAndTheOldestIsGivenUp()
    {
        const int Most = 4096;
        Add(Layer, _image);
        for (var n = 1; n < Most; n++)
        {
            Add(Digest.Of(BitConverter.GetBytes(n)), _image);
        }

        Assert.True(_guesses.MayHave(Layer));
        Add(Digest.Of("one more"u8), _image);

        Assert.False(_guesses.MayHave(Layer));
        Assert.Equal((Most + 1, 0, 1, 0), Counted());
    }

    private Guess Add(Digest layer, PulledImage image) => _guesses.TryAdd(layer, image, static () => true)!;

    private static PulledImage Image(Digest manifest, params Digest[] blobs) =>
        new(DigestKey.Of(manifest), default, blobs);

    private (long Started, long Used, long Wasted, long Failed) Counted()
    {
        var observed = _measured.Observed().ToDictionary(line => line.Split('{')[0], line => long.Parse(line.Split(' ')[1]));
        return (observed["fastecr.prefetch.started"], observed["fastecr.prefetch.used"],
            observed["fastecr.prefetch.wasted"], observed["fastecr.prefetch.failed"]);
    }
}
