using System.Diagnostics.Metrics;

namespace FastEcrProxy.Observability;

/// <summary>How many requests were answered, and how many bytes sent, by the tags of both: read when somebody scrapes.</summary>
/// <remarks>An instrument that is told of each request looks its tags up each time; here every combination has a place, a third
/// of a MiB of them if all of them ever came.</remarks>
internal sealed class RequestCounts
{
    private static readonly int Outcomes = Enum.GetValues<CacheOutcome>().Length;

    private readonly long[]?[] _requests = new long[]?[Enum.GetValues<RequestKind>().Length * Outcomes]; // each by status
    private readonly long[] _bytes = new long[Outcomes];

    /// <summary>One more, from whichever thread.</summary>
    public void Add(RequestKind kind, int status, CacheOutcome outcome, long bytes)
    {
        ref var place = ref _requests[((int)kind * Outcomes) + (int)outcome];
        var statuses = Volatile.Read(ref place);
        if (statuses is null)
        {
            Interlocked.CompareExchange(ref place, new long[Tags.StatusPlaces], null);
            statuses = place;
        }

        Interlocked.Increment(ref statuses[Tags.PlaceOf(status)]);
        if (bytes > 0)
        {
            Interlocked.Add(ref _bytes[(int)outcome], bytes);
        }
    }

    /// <summary>The requests by kind, status and outcome, as far as there were any.</summary>
    public IEnumerable<Measurement<long>> Requests()
    {
        for (var i = 0; i < _requests.Length; i++)
        {
            var statuses = _requests[i] ?? [];
            for (var status = 0; status < statuses.Length; status++)
            {
                if (statuses[status] is > 0 and var count)
                {
                    yield return new Measurement<long>(
                        count, Tags.Kind((RequestKind)(i / Outcomes)), Tags.StatusAt(status), Tags.Outcome((CacheOutcome)(i % Outcomes)));
                }
            }
        }
    }

    /// <summary>The bytes by outcome, of those outcomes that there were.</summary>
    public IEnumerable<Measurement<long>> Bytes()
    {
        for (var outcome = 0; outcome < Outcomes; outcome++)
        {
            if (_requests.Where((statuses, i) => statuses is not null && i % Outcomes == outcome).Any())
            {
                yield return new Measurement<long>(_bytes[outcome], Tags.Outcome((CacheOutcome)outcome));
            }
        }
    }
}
