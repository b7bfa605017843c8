namespace FastEcrProxy.Upstream;

/// <summary>What a registry is shown with a request.</summary>
internal enum RegistryAuthKind
{
    /// <summary>Nothing: an open registry.</summary>
    None,

    /// <summary>User and password with every request.</summary>
    Basic,

    /// <summary>A token from where the registry's challenge says, anonymous or for a user and password: most public registries.</summary>
    Bearer,

    /// <summary>The token of a private ECR registry.</summary>
    Ecr,

    /// <summary>The token of <c>public.ecr.aws</c>: for the AWS identity that the machine has, or anonymous.</summary>
    EcrPublic,
}
