namespace FastEcrProxy.LocalEcr;

/// <summary>How the registry answers HEAD on a blob.</summary>
public enum HeadBlobAnswer
{
    /// <summary>200 with Content-Length, as ECR does.</summary>
    Size,

    /// <summary>307 to the layers origin, signed for HEAD.</summary>
    Redirect,

    /// <summary>405, as some registries do.</summary>
    NotAllowed,

    /// <summary>401 with a challenge, whatever the credentials, as ECR Public does.</summary>
    Unauthorized,
}
