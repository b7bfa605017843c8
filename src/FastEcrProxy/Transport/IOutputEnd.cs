namespace FastEcrProxy.Transport;

/// <summary>
/// Whether a connection still takes what is written to it. In a request's features on every connection whose output is this
/// program's own.
/// </summary>
/// <remarks>
/// Under TLS a flush does not say so: the stream between drops the answer of the one below, and a body's rest would be
/// encrypted for nobody and told of as sent, until the server hears that the connection has closed.
/// </remarks>
internal interface IOutputEnd
{
    /// <summary>It takes nothing any more: what is written goes nowhere.</summary>
    bool HasEnded { get; }
}
