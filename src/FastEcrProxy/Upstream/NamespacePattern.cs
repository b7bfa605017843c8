using System.Buffers;

namespace FastEcrProxy.Upstream;

/// <summary>
/// One entry of <see cref="RuleMatch.Namespaces"/>: the name of a registry, or a name with one <c>*</c> in it that stands for
/// one or more characters of a host's name, dots among them. Case does not matter.
/// </summary>
internal readonly struct NamespacePattern(string text)
{
    private static readonly SearchValues<char> HostCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");

    /// <summary>As it was written.</summary>
    public string Text { get; } = text;

    /// <summary>Where the <c>*</c> is; less than zero where there is none.</summary>
    public int Star { get; } = text.IndexOf('*', StringComparison.Ordinal);

    public bool IsExact => Star < 0;

    public bool Matches(ReadOnlySpan<char> ns)
    {
        if (IsExact)
        {
            return ns.Equals(Text, StringComparison.OrdinalIgnoreCase);
        }

        var head = Text.AsSpan(0, Star);
        var tail = Text.AsSpan(Star + 1);
        return ns.Length >= Text.Length
            && ns.StartsWith(head, StringComparison.OrdinalIgnoreCase)
            && ns.EndsWith(tail, StringComparison.OrdinalIgnoreCase)
            && !ns[head.Length..^tail.Length].ContainsAnyExcept(HostCharacters)
            && !HasEmptyLabel(ns)
            && !IsIPv4(ns);
    }

    /// <summary>Whether two dots follow each other, or one begins: no address can be made of that.</summary>
    private static bool HasEmptyLabel(ReadOnlySpan<char> ns) => ns.StartsWith('.') || ns.Contains("..", StringComparison.Ordinal);

    /// <summary>
    /// Whether an address would be dialled, in any of the spellings that have one: then the last label begins with a digit. No
    /// pattern is meant to let clients name the machines around the proxy, its metadata service first of all.
    /// </summary>
    private static bool IsIPv4(ReadOnlySpan<char> ns)
    {
        var host = ns.IndexOf(':') is >= 0 and var colon ? ns[..colon] : ns;
        host = host.TrimEnd('.');
        var last = host[(host.LastIndexOf('.') + 1)..];
        return last.IsEmpty || char.IsAsciiDigit(last[0]);
    }
}
