namespace FastEcrProxy.LocalEcr;

/// <summary>The actions of IAM that a registry's requests need, grouped as policies usually give them.</summary>
public static class EcrActions
{
    /// <summary>As AWS's own policies for pulls have it, with the question for a layer that pushes ask too.</summary>
    public static IReadOnlyList<string> Pull { get; } = ["BatchGetImage", "GetDownloadUrlForLayer", "BatchCheckLayerAvailability"];

    /// <summary>Without anything that reads but the question whether a layer is there.</summary>
    public static IReadOnlyList<string> Push { get; } =
        ["BatchCheckLayerAvailability", "InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage"];

    public static IReadOnlyList<string> Delete { get; } = ["BatchDeleteImage"];

    /// <summary>Tags and referrers of a repository; of every repository, the list of them.</summary>
    public static IReadOnlyList<string> List { get; } = ["ListImages", "ListImageReferrers", "DescribeRepositories"];
}
