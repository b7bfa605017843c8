namespace FastEcrProxy.LocalEcr;

/// <summary>The numbers of one Region at one moment.</summary>
/// <param name="Requests">Requests by single kind, zeros included.</param>
/// <param name="LayerBytes">Body bytes sent by the layers origin, by digest.</param>
/// <param name="LayerGets">GETs at the layers origin, by digest.</param>
/// <param name="OpenLayerTransfers">Layer bodies being sent.</param>
/// <param name="MaxOpenLayerTransfers">The most at once.</param>
public sealed record CounterSnapshot(
    IReadOnlyDictionary<RequestKind, long> Requests,
    Dictionary<string, long> LayerBytes,
    Dictionary<string, long> LayerGets,
    int OpenLayerTransfers,
    int MaxOpenLayerTransfers);
