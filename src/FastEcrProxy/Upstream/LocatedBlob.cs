namespace FastEcrProxy.Upstream;

/// <summary>Who answers for a blob.</summary>
/// <param name="Answer">Its head; the body is still unread.</param>
/// <param name="Location">Where the registry's redirect leads: presigned, a secret. Null where the registry answers itself.</param>
internal sealed record LocatedBlob(UpstreamAnswer Answer, Uri? Location)
{
    public override string ToString() => $"blob at {Answer.Host}";
}
