namespace FastEcrProxy.Clients;

/// <summary>What of a certificate its owner is called by.</summary>
internal enum CertificateName
{
    /// <summary>The common name of its subject.</summary>
    SubjectCn,

    /// <summary>A DNS name, as machines have.</summary>
    SanDns,

    /// <summary>A URI, as SPIFFE gives to workloads.</summary>
    SanUri,

    /// <summary>An address of mail, as people have.</summary>
    SanEmail,
}
