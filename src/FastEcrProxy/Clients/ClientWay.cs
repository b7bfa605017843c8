namespace FastEcrProxy.Clients;

/// <summary>A way to find out who is calling.</summary>
internal enum ClientWay
{
    /// <summary>Nobody has to say who they are.</summary>
    None,

    /// <summary>By the address that the connection comes from.</summary>
    Networks,

    /// <summary>By the certificate that the client showed for the connection.</summary>
    Mtls,

    /// <summary>By user and password of a file.</summary>
    Basic,

    /// <summary>By a token of an OIDC issuer.</summary>
    Jwt,

    /// <summary>By the caller's own ECR token, which ECR is asked about.</summary>
    Ecr,
}
