using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>Where the registry sends its clients for layers: S3. It gets the presigned address and nothing else of ours.</summary>
internal sealed class LayerStore(Peer layers)
{
    /// <summary>The store's answer, whatever its status. One try: the caller knows from where to go on.</summary>
    /// <param name="address">Presigned: a secret.</param>
    /// <param name="range">The value of a <c>Range</c> header, or null.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<Fetched<UpstreamAnswer>> AskAsync(Uri address, string? range, CancellationToken cancel)
    {
        var message = new HttpRequestMessage(HttpMethod.Get, address);
        if (range is not null)
        {
            message.Headers.TryAddWithoutValidation("Range", range); // only the host is signed: a range may be added
        }

        return await layers.AskAsync(message, bodyBytesMax: null, cancel);
    }
}
