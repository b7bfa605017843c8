using System.Collections.Concurrent;

namespace FastEcrProxy.Upstream;

/// <summary>Which credentials the registry took a moment ago, so that a body may be risked on them.</summary>
/// <remarks>Of a push, the question before a layer is one without a body: as a rule there is a proof when it is needed.</remarks>
internal sealed class CredentialProofs(TimeProvider time)
{
    /// <summary>How long what the registry took is believed to be taken still.</summary>
    public static readonly TimeSpan Hold = TimeSpan.FromMinutes(1);

    // Registries with a token for every repository: some kilobytes each.
    private const int CountMax = 256;

    // What has less left is replaced before a body begins, should there be another.
    private static readonly TimeSpan LifeLeast = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, long> _takenAt = new();

    /// <summary>The registry has answered to it, and not about it.</summary>
    public void Add(RegistryCredential shown)
    {
        if (_takenAt.Count >= CountMax)
        {
            _takenAt.Clear();
        }

        _takenAt[shown.Header ?? ""] = time.GetTimestamp();
    }

    /// <summary>Whether the registry has just taken it, and it is not about to end.</summary>
    public bool Has(RegistryCredential shown) =>
        _takenAt.TryGetValue(shown.Header ?? "", out var at) && time.GetElapsedTime(at) < Hold && !IsNearlyOver(shown);

    public bool IsNearlyOver(RegistryCredential shown) => shown.ExpiresAt - time.GetUtcNow() < LifeLeast;
}
