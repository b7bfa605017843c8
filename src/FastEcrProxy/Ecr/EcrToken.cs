using System.Text;

namespace FastEcrProxy.Ecr;

/// <summary>What the proxy shows to a registry. Good for every registry of one Region that the AWS principal may read.</summary>
/// <param name="Header">The value of an <c>Authorization</c> header, as AWS gave it. A secret, over 4 KB long.</param>
/// <param name="ExpiresAt">When AWS stops accepting it; twelve hours after it was issued.</param>
/// <param name="Registry">The caller's own registry in that Region, as AWS names it; null if AWS did not say.</param>
internal sealed record EcrToken(string Header, DateTimeOffset ExpiresAt, Uri? Registry)
{
    /// <summary>When this process got it, by its own clock. Set by <see cref="TokenRefresher"/>.</summary>
    public DateTimeOffset IssuedAt { get; init; }

    public override string ToString() => $"ECR token until {ExpiresAt:O}"; // the secret stays out of logs

    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append($"{nameof(ExpiresAt)} = {ExpiresAt:O}");
        return true;
    }
}
