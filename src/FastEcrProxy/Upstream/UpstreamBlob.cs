using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>
/// One blob, wherever it can be had: opened at any offset, as often as is needed, from the first registry of the rule that
/// gives it. A download that has begun in one Region goes on in the next.
/// </summary>
internal sealed class UpstreamBlob
{
    // A connection breaks by chance once, and the rest may come from as near as before; the second time it is no chance.
    private const int StrikesToPassBy = 2;

    private readonly Registries _registries;
    private readonly UpstreamEvents _events;
    private readonly Repository _repository;
    private readonly Digest _digest;
    private readonly Lock _gate = new();
    private readonly Dictionary<Registry, Attempt> _attempts = [];
    private Registry? _beganAt; // who gave the blob's first byte last

    /// <param name="registries">Who is asked.</param>
    /// <param name="events">Told each time that another one has to be asked.</param>
    /// <param name="repository">As it is called there.</param>
    /// <param name="digest">Which blob.</param>
    public UpstreamBlob(Registries registries, UpstreamEvents events, Repository repository, Digest digest) =>
        (_registries, _events, _repository, _digest) = (registries, events, repository, digest);

    /// <summary>The blob from an offset on, as <see cref="BlobSource"/> does it: one attempt at each registry.</summary>
    public async ValueTask<Fetched<BlobBody>> OpenAsync(long offset, long? end, CancellationToken cancel)
    {
        if (offset == 0)
        {
            DoubtWhoBegan();
        }

        FetchFailure? told = null;
        (Registry Registry, FetchFailure Failure)? before = null;
        foreach (var registry in Candidates())
        {
            if (_registries.PassesBy(registry))
            {
                told = Registries.Told(told, Registries.Down(registry));
                continue;
            }

            if (before is var (last, why))
            {
                _events.AnotherIsAsked(last, registry, $"blob {_repository}@{_digest}", why);
            }

            var source = AttemptAt(registry).Source;
            var (body, failure) = await registry.AskAsync(_ => source.OpenAsync(offset, end, cancel));
            if (body is not null || failure is { Error: FetchError.OutOfRange })
            {
                _beganAt = offset == 0 ? registry : _beganAt;
                return body ?? (Fetched<BlobBody>)failure!;
            }

            told = Registries.Told(told, failure!);
            before = (registry, failure!);
        }

        return told!;
    }

    /// <summary>Those that broke off last, then as the rule says.</summary>
    private Registry[] Candidates()
    {
        var order = _registries.Order();
        if (order.Length == 1)
        {
            return order;
        }

        lock (_gate)
        {
            return [.. order.OrderBy(registry => _attempts.TryGetValue(registry, out var attempt) ? attempt.Strikes / StrikesToPassBy : 0)];
        }
    }

    private Attempt AttemptAt(Registry registry)
    {
        lock (_gate)
        {
            if (!_attempts.TryGetValue(registry, out var attempt))
            {
                attempt = new Attempt(registry.Client.BlobsOf(_repository, _digest, wasSilent => Strike(registry, wasSilent)));
                _attempts.Add(registry, attempt);
            }

            return attempt;
        }
    }

    /// <summary>A body was cut. One that was silent has cost a time-out already: it is not asked again while there are others.</summary>
    private void Strike(Registry registry, bool wasSilent)
    {
        lock (_gate)
        {
            _attempts[registry].Strikes += wasSilent ? StrikesToPassBy : 1;
        }
    }

    /// <summary>
    /// Who has given the first byte and is asked for it again brought nothing, or bytes that are not the blob: elsewhere they
    /// may be.
    /// </summary>
    private void DoubtWhoBegan()
    {
        if (_beganAt is { } registry)
        {
            Strike(registry, wasSilent: true);
        }
    }

    /// <summary>One registry as far as this blob goes.</summary>
    private sealed class Attempt(BlobSource source)
    {
        public BlobSource Source => source;

        public int Strikes { get; set; }
    }
}
