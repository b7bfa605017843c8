namespace FastEcrProxy.Clients;

/// <summary>
/// Knows callers by their own ECR token, as <c>aws ecr get-login-password | docker login -u AWS --password-stdin</c> sends it: ECR
/// is asked whether it takes it, and the answer is remembered.
/// </summary>
/// <remarks>
/// A token does not say whose it is: what is in it only AWS can read, ECR's registry does not tell, and AWS's service that would
/// (STS, GetCallerIdentity) wants a request signed with the caller's keys, which never come here. So callers are called by their
/// token: <c>ecr:</c> and twelve hex digits of a hash of it. That is the same at every proxy behind a balancer and after a restart,
/// so that logs can be compared; it gives nothing of the token away, which is random and long; and it is another one after the next
/// <c>docker login</c>. Rules that name callers can only say <c>ecr:*</c>: what they may do, ECR decides, for each repository.
/// The name is for people: what is remembered goes by <see cref="EcrCallerKey"/>, which nobody else can compute.
/// </remarks>
/// <param name="check">
/// Asks ECR with a token: whether some registry takes it. Never throws but for its cancellation, which is the process's end.
/// </param>
/// <param name="options">How long its answers are believed.</param>
/// <param name="time">The clock of that.</param>
internal sealed class EcrCallers(
    Func<string, CancellationToken, ValueTask<EcrAnswer>> check, EcrCallerOptions options, TimeProvider time) : IClientWay, IDisposable
{
    /// <summary>What the names of all begin with, and a colon.</summary>
    public const string Prefix = "ecr";

    /// <summary>The user that ECR's tokens belong to.</summary>
    public const string User = "AWS";

    // Tokens that cannot be known are all different, and each would be a question to every Region.
    private const int AskingMost = 128;

    private readonly EcrMemory<KeyedPrint> _known = new(options, time);

    private int _asking;

    public ClientWay Way => ClientWay.Ecr;

    /// <summary>The token that was shown; null where none was.</summary>
    public static string? TokenOf(ClientProof proof) =>
        proof is { User: User, Password: { Length: > 0 and <= EcrTokenText.LengthMax } token } ? token : null;

    public Caller? Recall(ClientProof proof) =>
        TokenOf(proof) is { } token && _known.Remembered(EcrCallerKey.Of(token, out var name)) is EcrAnswer.Yes
            ? new Caller(name, ClientWay.Ecr)
            : null;

    public async ValueTask<Recognition> RecogniseAsync(ClientProof proof, CancellationToken cancel)
    {
        if (proof.User is not User)
        {
            return Recognition.Nothing;
        }

        if (TokenOf(proof) is not { } token)
        {
            return Recognition.Refused($"a password of {proof.Password?.Length ?? 0} characters is no ECR token");
        }

        var key = EcrCallerKey.Of(token, out var name);
        return (_known.Remembered(key) ?? await AskInTurnAsync(key, token, cancel)) switch
        {
            EcrAnswer.Yes => Recognition.Of(new Caller(name, ClientWay.Ecr)),
            EcrAnswer.No => Recognition.Refused($"no ECR registry that is configured takes the token of {name}", mayBeGuessed: true),
            _ => Recognition.Undecided($"no ECR registry could be asked about the token of {name}"),
        };
    }

    public void Dispose() => _known.Dispose();

    private async ValueTask<EcrAnswer> AskInTurnAsync(KeyedPrint key, string token, CancellationToken cancel)
    {
        try
        {
            return Interlocked.Increment(ref _asking) <= AskingMost ? await AskAsync(key, token, cancel) : EcrAnswer.Unknown;
        }
        finally
        {
            Interlocked.Decrement(ref _asking);
        }
    }

    // Apart, so that what is remembered costs no closure.
    private ValueTask<EcrAnswer> AskAsync(KeyedPrint key, string token, CancellationToken cancel) =>
        _known.OfAsync(key, token, stop => check(token, stop), cancel);
}
