using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>Where the registry sends its clients for layers: S3. It gets the presigned address and nothing else of ours.</summary>
internal sealed class LayerStore(Peer layers, TimeProvider time)
{
    private const int TriesMax = 2; // S3 says SlowDown and 500 now and then; whoever resumes a body tries more often

    /// <summary>The store's answer, whatever its status. Asked once more where it stumbled; a broken connection is the caller's.</summary>
    /// <param name="address">Presigned: a secret.</param>
    /// <param name="range">The value of a <c>Range</c> header, or null.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<Fetched<UpstreamAnswer>> AskAsync(Uri address, string? range, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            var (answer, failure) = await layers.AskAsync(Message(address, range), bodyBytesMax: null, cancel);
            if (answer is null || tries == TriesMax || SecondTry.PauseBefore(answer, failure) is not { } pause)
            {
                return answer ?? (Fetched<UpstreamAnswer>)failure!;
            }

            answer.Dispose();
            await Task.Delay(pause, time, cancel);
        }
    }

    private static HttpRequestMessage Message(Uri address, string? range)
    {
        var message = new HttpRequestMessage(HttpMethod.Get, address);
        if (range is not null)
        {
            message.Headers.TryAddWithoutValidation("Range", range); // only the host is signed: a range may be added
        }

        return message;
    }
}
