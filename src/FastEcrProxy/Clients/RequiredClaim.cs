using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace FastEcrProxy.Clients;

/// <summary>What a token has to say: <c>repository_owner=acme</c>, <c>ref=refs/heads/*</c>.</summary>
/// <param name="Claim">Which claim.</param>
/// <param name="Value">What it has to be; of a list, one of its items.</param>
internal sealed record RequiredClaim(ClaimPath Claim, NamePattern Value)
{
    public static bool TryParse(string text, [MaybeNullWhen(false)] out RequiredClaim required)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        required = equals > 0 && equals < text.Length - 1 && ClaimPath.TryParse(text[..equals].TrimEnd(), out var claim)
            ? new RequiredClaim(claim, new NamePattern(text[(equals + 1)..].TrimStart()))
            : null;
        return required is not null;
    }

    /// <summary>The first claim of those required that the token does not have as it should; null: all are there.</summary>
    /// <param name="required">Of those for one claim, any one is enough.</param>
    /// <param name="claims">The token's.</param>
    public static ClaimPath? FirstMissing(IReadOnlyList<RequiredClaim> required, JsonElement claims) =>
        required.GroupBy(static one => one.Claim.ToString(), StringComparer.Ordinal)
            .FirstOrDefault(group => !group.Any(one => one.IsMetBy(claims)))?.First().Claim;

    public override string ToString() => $"{Claim}={Value.Text}";

    private bool IsMetBy(JsonElement claims) => Claim.Texts(claims)?.Any(text => Value.Matches(text)) ?? false;
}
