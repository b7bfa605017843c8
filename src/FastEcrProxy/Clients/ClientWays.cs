namespace FastEcrProxy.Clients;

/// <summary>The ways that are switched on, in their order.</summary>
/// <param name="ways">Each once.</param>
/// <param name="letsAnybodyIn">Whether who shows nothing is anonymous, and not turned away.</param>
internal sealed class ClientWays(IReadOnlyList<IClientWay> ways, bool letsAnybodyIn)
{
    /// <summary>Whether nobody is ever asked who they are.</summary>
    public bool AsksNobody => ways.Count == 0;

    /// <summary>Whether somebody may be known by what they send in the request.</summary>
    public bool TakesCredentials { get; } = ways.Any(static way => way.Way is ClientWay.Basic or ClientWay.Jwt or ClientWay.Ecr);

    /// <summary>Whether a registry may be asked what somebody may do.</summary>
    public bool AsksRegistries { get; } = ways.Any(static way => way.Way is ClientWay.Ecr);

    /// <summary>Who showed exactly this a while ago; null where nobody did.</summary>
    public Caller? Recall(ClientProof proof)
    {
        foreach (var way in ways)
        {
            if (way.Recall(proof) is { } caller)
            {
                return caller;
            }
        }

        return null;
    }

    /// <summary>
    /// Who it is, by the first way that knows. Of those that do not, a refusal counts before an outage only if every way that
    /// could have known has refused: who might be right is not told that they are wrong.
    /// </summary>
    public async ValueTask<Recognition> RecogniseAsync(ClientProof proof, CancellationToken cancel)
    {
        var refused = Recognition.Nothing;
        var undecided = Recognition.Nothing;
        foreach (var way in ways)
        {
            if (!Counts(way, proof))
            {
                continue;
            }

            var recognition = await way.RecogniseAsync(proof, cancel);
            if (recognition.Caller is not null)
            {
                return recognition;
            }

            if (recognition.Refusal is not null && (refused.Refusal is null || recognition.MayBeGuessed))
            {
                refused = recognition;
            }

            undecided = undecided.Trouble is null && recognition.Trouble is not null ? recognition : undecided;
        }

        return (undecided.Trouble, refused.Refusal, proof.HasCredentials) switch
        {
            (not null, _, _) => undecided,
            (_, not null, _) => refused,
            (_, _, true) => Recognition.Refused("nothing that is known here", mayBeGuessed: proof.Bearer is null),
            _ => letsAnybodyIn ? Recognition.Of(Caller.Anonymous) : Recognition.Nothing,
        };
    }

    /// <summary>
    /// Who says who they are has to be right about it, wherever they are and whatever certificate they have: else nobody of a network
    /// could be more than that, a login with a wrong password would go well there, and passwords could be tried without end.
    /// </summary>
    private bool Counts(IClientWay way, ClientProof proof) =>
        way.Way is not (ClientWay.Networks or ClientWay.Mtls) || !TakesCredentials || !proof.HasCredentials;
}
