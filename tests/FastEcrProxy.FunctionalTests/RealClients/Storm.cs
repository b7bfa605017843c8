using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>Some faults at moments drawn from one seed: after so many requests, after so many bytes. Tells what it did.</summary>
internal sealed class Storm : IDisposable
{
    private const int RequestsMax = 6; // about as many as a pull needs

    private readonly LocalRegion _region;
    private readonly CancellationTokenSource _over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly List<string> _story = [];
    private readonly List<Task> _waiting = [];

    public Storm(LocalRegion region, Random random, int faults, int layerBytes)
    {
        _region = region;
        for (var i = 0; i < faults; i++)
        {
            _story.Add(Order(random, random.Next(layerBytes), random.Next(1, RequestsMax), random.Next(1, 3)));
        }
    }

    /// <summary>The weather is fine again.</summary>
    public async Task EndAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_waiting).ContinueWith(static _ => { }, TaskScheduler.Default); // those whose moment never came
        _region.Faults.Clear();
    }

    public void Dispose() => _over.Dispose();

    /// <summary>Whether bytes of layers may have been wrong.</summary>
    public bool SpoilsLayers { get; private set; }

    public override string ToString() => string.Join(", ", _story);

    private string Order(Random random, int offset, int requests, int times)
    {
        var faults = _region.Faults;
        switch (random.Next(10))
        {
            case 0:
                faults.CutLayers(offset, CutHow.Finish, times);
                return $"bodies cut after {offset} bytes ({times}x)";
            case 1:
                faults.CutLayers(offset, CutHow.Reset, times);
                return $"bodies reset after {offset} bytes ({times}x)";
            case 2:
                faults.CorruptLayers(offset, times);
                SpoilsLayers = true;
                return $"byte {offset} wrong ({times}x)";
            case 3:
                faults.CorruptManifests(times);
                return $"manifests wrong ({times}x)";
            case 4:
                faults.Answer(RequestKind.AnyRegistry, 500, times);
                return $"500 from the registry ({times}x)";
            case 5:
                faults.Answer(RequestKind.AnyLayer, 503, times);
                return $"503 for layers ({times}x)";
            case 6:
                faults.Answer(RequestKind.GetAuthorizationToken, 500, times);
                After(requests, faults.ExpireAllTokens);
                return $"tokens expired after {requests} requests and 500 for new ones ({times}x)";
            case 7:
                After(requests, faults.ExpireAllTokens);
                return $"tokens expired after {requests} requests";
            case 8:
                After(requests, faults.RevokeLayerUrls);
                return $"URLs revoked after {requests} requests";
            default:
                faults.CutLayers(offset, CutHow.Reset, times);
                Within(faults.PauseLayers(offset / 2, times: 1), faults.RevokeLayerUrls);
                return $"URLs revoked after {offset / 2} bytes of a body, then bodies reset after {offset} ({times}x)";
        }
    }

    private void After(int requests, Action strike)
    {
        const RequestKind Kinds = RequestKind.AnyRegistry | RequestKind.AnyLayer;
        _waiting.Add(StrikeAsync(_region.Counters.WaitForAsync(Kinds, _region.Counters.Requests(Kinds) + requests, _over.Token), strike));
    }

    private void Within(Fault pause, Action strike) => _waiting.Add(StrikeAsync(pause.ReachedAsync(_over.Token), () =>
    {
        strike();
        pause.Release();
    }));

    private static async Task StrikeAsync(Task moment, Action strike)
    {
        await moment;
        strike();
    }
}
