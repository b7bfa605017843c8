using System.Net;

namespace FastEcrProxy.Clients;

/// <summary>Callers known by where they come from. They are called by their network and belong to it.</summary>
internal sealed class NetworkCallers : IClientWay
{
    private readonly (IPNetwork Network, Caller Caller)[] _networks;

    /// <param name="networks">The smallest one that an address is in counts.</param>
    public NetworkCallers(IEnumerable<IPNetwork> networks) => _networks =
    [
        .. networks.OrderByDescending(static network => network.PrefixLength)
            .Select(static network => (network, new Caller(network.ToString(), ClientWay.Networks) { Groups = [network.ToString()] })),
    ];

    public ClientWay Way => ClientWay.Networks;

    public ValueTask<Recognition> RecogniseAsync(ClientProof proof, CancellationToken cancel)
    {
        foreach (var (network, caller) in _networks)
        {
            if (network.Contains(proof.Address))
            {
                return new ValueTask<Recognition>(Recognition.Of(caller));
            }
        }

        return new ValueTask<Recognition>(Recognition.Nothing);
    }
}
