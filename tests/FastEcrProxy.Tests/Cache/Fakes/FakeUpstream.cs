using FastEcrProxy.Cache;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Cache.Fakes;

/// <summary>A registry with one blob: answers as told, one answer a request, and after those the blob as it is.</summary>
internal sealed class FakeUpstream(SampleBlob blob, params IEnumerable<Answer> answers)
{
    private readonly Lock _gate = new();
    private readonly Queue<Answer> _answers = new(answers);
    private readonly List<(long Offset, long? End)> _asked = [];

    /// <summary>What it does when it has not been told otherwise.</summary>
    public Answer Otherwise { get; set; } = Answers.Whole;

    /// <summary>Whether it says that it sends parts.</summary>
    public bool TakesRanges { get; init; }

    /// <summary>What it was asked for, in order.</summary>
    public (long Offset, long? End)[] Asked
    {
        get
        {
            lock (_gate)
            {
                return [.. _asked];
            }
        }
    }

    /// <summary>Where it was asked to begin, in order.</summary>
    public long[] Offsets => [.. Asked.Select(static asked => asked.Offset)];

    public OpenBlob Open => OpenAsync;

    private async ValueTask<Fetched<BlobBody>> OpenAsync(long offset, long? end, CancellationToken cancel)
    {
        Answer? answer;
        lock (_gate)
        {
            _asked.Add((offset, end));
            answer = _answers.TryDequeue(out var told) ? told : Otherwise;
        }

        if (offset > 0 && offset >= blob.Length)
        {
            return new FetchFailure(FetchError.OutOfRange, "past the end") { TotalBytes = blob.Length };
        }

        cancel.ThrowIfCancellationRequested();
        var (body, failure) = await answer(blob, offset, cancel);
        if (body is null)
        {
            return failure!;
        }

        var bytes = end is null ? body.Bytes : new PartStream(body.Bytes, end.Value - offset);
        return new BlobBody(bytes, body.Offset, body.TotalBytes, body) { TakesRanges = TakesRanges };
    }
}
