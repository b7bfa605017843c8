using System.Buffers;
using FastEcrProxy.Ecr;

namespace FastEcrProxy.Upstream;

/// <summary>The first components of a repository's name, as rules look at them.</summary>
internal static class RepositoryPrefix
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");

    /// <summary>Whether a name is the prefix or goes on after it with a slash.</summary>
    public static bool Begins(ReadOnlySpan<char> name, ReadOnlySpan<char> prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && (name.Length == prefix.Length || name[prefix.Length] == '/');

    /// <summary>Splits <c>123456789012/team/app</c> after its account; false where there is none, or nothing after it.</summary>
    public static bool TrySplitAccount(ReadOnlySpan<char> name, out ReadOnlySpan<char> account, out ReadOnlySpan<char> rest)
    {
        account = default;
        rest = default;
        if (name.Length <= EcrHost.AccountLength + 1
            || name[EcrHost.AccountLength] != '/'
            || name[..EcrHost.AccountLength].ContainsAnyExcept(Digits))
        {
            return false;
        }

        account = name[..EcrHost.AccountLength];
        rest = name[(EcrHost.AccountLength + 1)..];
        return true;
    }
}
