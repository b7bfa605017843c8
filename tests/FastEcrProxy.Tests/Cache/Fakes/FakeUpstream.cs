using FastEcrProxy.Cache;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Cache.Fakes;

/// <summary>A registry with one blob: answers as told, one answer a request, and after those the blob as it is.</summary>
internal sealed class FakeUpstream(SampleBlob blob, params IEnumerable<Answer> answers)
{
    private readonly Lock _gate = new();
    private readonly Queue<Answer> _answers = new(answers);
    private readonly List<long> _offsets = [];

    /// <summary>What it does when it has not been told otherwise.</summary>
    public Answer Otherwise { get; set; } = Answers.Whole;

    /// <summary>Where it was asked to begin, in order.</summary>
    public long[] Offsets
    {
        get
        {
            lock (_gate)
            {
                return [.. _offsets];
            }
        }
    }

    public OpenBlob Open => OpenAsync;

    private ValueTask<Fetched<BlobBody>> OpenAsync(long offset, CancellationToken cancel)
    {
        Answer? answer;
        lock (_gate)
        {
            _offsets.Add(offset);
            answer = _answers.TryDequeue(out var told) ? told : Otherwise;
        }

        if (offset > 0 && offset >= blob.Length)
        {
            return ValueTask.FromResult<Fetched<BlobBody>>(
                new FetchFailure(FetchError.OutOfRange, "past the end") { TotalBytes = blob.Length });
        }

        cancel.ThrowIfCancellationRequested();
        return answer(blob, offset, cancel);
    }
}
