namespace FastEcrProxy.Observability;

/// <summary>What a client has had enough of; docs/limits.md has one row for each.</summary>
internal enum Limit
{
    /// <summary>Connections of everybody together.</summary>
    Connections,

    /// <summary>Connections from one address.</summary>
    AddressConnections,

    /// <summary>Requests a second from one address.</summary>
    AddressRequests,

    /// <summary>Requests a second of one user.</summary>
    UserRequests,

    /// <summary>Layers that are sent and received at the same time, for everybody together.</summary>
    Transfers,

    /// <summary>The same for one client.</summary>
    ClientTransfers,

    /// <summary>Downloads from upstream at the same time, for everybody together.</summary>
    Fills,

    /// <summary>Downloads from upstream that one client has caused.</summary>
    ClientFills,

    /// <summary>Bytes of one layer that is pushed.</summary>
    UploadSize,
}
