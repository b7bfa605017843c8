using System.Collections.Frozen;
using System.Globalization;

namespace FastEcrProxy.Clients;

/// <summary>The users of an htpasswd file and the bcrypt hashes of their passwords.</summary>
internal sealed class HtpasswdUsers
{
    private const int CostMax = 14; // a second and more of a processor for each check: nobody means that

    private static readonly string[] Prefixes = ["$2y$", "$2b$", "$2a$"];

    private readonly FrozenDictionary<string, string> _hashes;

    private HtpasswdUsers(FrozenDictionary<string, string> hashes, string anyHash) => (_hashes, AnyHash) = (hashes, anyHash);

    /// <summary>A hash to check an unknown user's password against: they must not be told sooner than about a wrong password.</summary>
    public string AnyHash { get; }

    /// <summary>The hash of a user's password; null for who is not in the file.</summary>
    public string? HashOf(string user) => _hashes.GetValueOrDefault(user);

    /// <summary>Reads a file's text.</summary>
    /// <returns>The users, or one sentence on what is wrong; it never has a hash in it.</returns>
    public static (HtpasswdUsers? Users, string? Problem) Parse(string text)
    {
        var hashes = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in text.Split('\n').Select(static line => line.Trim()))
        {
            number++;
            if (line.Length == 0 || line.StartsWith('#'))
            {
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
            {
                return (null, $"line {number} is not user:hash; write it with htpasswd -B");
            }

            if (ProblemOf(line[(colon + 1)..]) is { } problem)
            {
                return (null, $"line {number}: {problem}");
            }

            if (!hashes.TryAdd(line[..colon], line[(colon + 1)..]))
            {
                return (null, $"line {number} is a second one for its user; keep one");
            }
        }

        return hashes.Count == 0
            ? (null, "there is no user in it; add one with htpasswd -B")
            : (new HtpasswdUsers(hashes.ToFrozenDictionary(StringComparer.Ordinal), Dearest(hashes.Values)), null);
    }

    private static string? ProblemOf(string hash)
    {
        if (!Prefixes.Any(prefix => hash.StartsWith(prefix, StringComparison.Ordinal)))
        {
            return "the hash is not bcrypt, and weaker ones are not taken; write it anew with htpasswd -B";
        }

        try
        {
            BCrypt.Net.BCrypt.InterrogateHash(hash);
            var cost = CostOf(hash);
            return cost <= CostMax
                ? null
                : $"the hash has a cost of {cost}, over {CostMax}: each check would take seconds; write it with -C 10";
        }
        catch (Exception error) when (error is BCrypt.Net.HashInformationException or FormatException)
        {
            return "the hash is damaged; write it anew with htpasswd -B";
        }
    }

    private static string Dearest(IEnumerable<string> hashes) => hashes.MaxBy(CostOf)!;

    /// <summary>The two digits after the scheme: each one more is twice the work.</summary>
    private static int CostOf(string hash) => int.Parse(hash.AsSpan(Prefixes[0].Length, 2), CultureInfo.InvariantCulture);
}
