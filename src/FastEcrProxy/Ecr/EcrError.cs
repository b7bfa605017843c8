namespace FastEcrProxy.Ecr;

/// <summary>Why there is no token. The value says who has to act.</summary>
internal enum EcrError
{
    /// <summary>No AWS credentials, or no Region, could be found: whoever set up the machine.</summary>
    NoCredentials,

    /// <summary>AWS knows the caller and says no, or does not accept its keys: whoever keeps the IAM policies.</summary>
    AccessDenied,

    /// <summary>AWS says slow down: nobody, it passes.</summary>
    Throttled,

    /// <summary>No connection, no answer in time, or a 5xx: whoever keeps the network, or it passes.</summary>
    Unreachable,

    /// <summary>The answer makes no sense: somebody has to look at what answers there.</summary>
    BadAnswer,
}
