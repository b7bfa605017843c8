namespace FastEcrProxy.LocalEcr;

/// <summary>When replication copies what was put.</summary>
public enum ReplicationMode
{
    /// <summary>Before the push is answered.</summary>
    AtOnce,

    /// <summary>When the test says so: a replica that lags behind.</summary>
    Held,

    /// <summary>Never; what is put in the meantime is not made up for.</summary>
    Stopped,
}
