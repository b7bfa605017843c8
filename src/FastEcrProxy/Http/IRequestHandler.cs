using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>Answers requests for one noun of the protocol.</summary>
internal interface IRequestHandler
{
    /// <summary>Answers, or says why not: the error is written by the pipeline, so nothing may have been sent then.</summary>
    /// <param name="http">The request and its answer.</param>
    /// <param name="route">What is asked for.</param>
    /// <param name="to">Which registries have it, and what the repository is called there.</param>
    /// <param name="record">Told where the content came from and how much of it was sent.</param>
    ValueTask<OciError?> HandleAsync(HttpContext http, OciRoute route, Destination to, RequestRecord record);
}
