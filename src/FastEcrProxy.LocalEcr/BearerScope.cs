using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>What bearer tokens are good for, in the words of the token protocol: <c>repository:demo/x:pull,push</c>.</summary>
internal static class BearerScope
{
    /// <summary>Everything, as ECR Public's tokens are.</summary>
    public const string Everything = "aws";

    /// <summary>What a request needs; empty when any token will do.</summary>
    public static string Of(RegistryPath path)
    {
        var actions = (path.Kind & RequestKind.AnyDelete) != 0 ? "delete"
            : (path.Kind & RequestKind.AnyPush) != 0 ? "pull,push"
            : "pull";
        return path.Kind == RequestKind.ListRepositories ? "registry:catalog:*"
            : path.Repository.Length > 0 ? $"repository:{path.Repository}:{actions}"
            : "";
    }

    /// <summary>The scopes that a request to the token service names, apart or in one parameter.</summary>
    public static IReadOnlyList<string> Asked(IQueryCollection query) =>
        [.. query["scope"].SelectMany(scope => (scope ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>What is left of a scope for somebody who may only pull.</summary>
    public static string PullOnly(string scope) =>
        scope == Everything || scope.LastIndexOf(':') is not (>= 0 and var colon) ? scope
            : scope[(colon + 1)..].Split(',').Contains("pull") ? scope[..(colon + 1)] + "pull"
            : scope[..(colon + 1)];

    /// <summary>Whether a token of these scopes is good for what a request needs.</summary>
    public static bool Covers(IEnumerable<string> granted, string needed)
    {
        var colon = needed.LastIndexOf(':');
        return needed.Length == 0 || granted.Any(scope => scope == Everything
            || (scope.StartsWith(needed[..(colon + 1)], StringComparison.Ordinal)
                && needed[(colon + 1)..].Split(',').All(scope[(colon + 1)..].Split(',').Contains)));
    }
}
