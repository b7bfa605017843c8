namespace FastEcrProxy.Clients;

/// <summary>Who sent a request, as far as that was asked and could be found out.</summary>
/// <param name="Name">As rules, limits and the log call it; never a secret. Unique within its way.</param>
/// <param name="Way">How it was found out.</param>
internal sealed record Caller(string Name, ClientWay Way)
{
    /// <summary>Somebody who showed nothing, where nothing has to be shown.</summary>
    public static readonly Caller Anonymous = new("anonymous", ClientWay.None);

    /// <summary>What it belongs to, for rules: groups of a token, the network of an address. Empty: nothing.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];
}
