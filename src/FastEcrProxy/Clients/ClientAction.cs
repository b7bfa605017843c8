namespace FastEcrProxy.Clients;

/// <summary>What somebody wants to do, as rules name it.</summary>
internal enum ClientAction
{
    /// <summary>Read manifests, blobs, tags and referrers of a repository.</summary>
    Pull,

    /// <summary>Send layers and manifests to a repository.</summary>
    Push,

    /// <summary>Remove tags, manifests and blobs of a repository.</summary>
    Delete,

    /// <summary>See the names of all repositories.</summary>
    Catalog,

    /// <summary>See metrics and the reasons of the proxy's health.</summary>
    Admin,
}
