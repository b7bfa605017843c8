namespace FastEcrProxy.Clients;

/// <summary>Callers known by user and password of an htpasswd file, as <c>docker login</c> sends them.</summary>
/// <remarks>
/// A check of bcrypt is meant to cost some 50 ms of a processor. Two run at a time, so that who tries passwords takes no more
/// than that from those who pull; who was right is remembered and costs a hash.
/// </remarks>
internal sealed class BasicCallers(HtpasswdFile file, TimeProvider time) : IClientWay, IDisposable
{
    private const int AtOnce = 2;
    private const int WaitingMax = 64; // three seconds' worth; beyond that nobody's turn comes before they give up

    private static readonly TimeSpan Lasting = TimeSpan.FromMinutes(10);

    private readonly CallerMemory _memory = new(time);
    private readonly SemaphoreSlim _turns = new(AtOnce);
    private int _waiting;

    public ClientWay Way => ClientWay.Basic;

    public Caller? Recall(ClientProof proof)
    {
        if (file.Refresh())
        {
            _memory.Clear();
        }

        return proof is { User.Length: > 0, Password: not null } ? _memory.Recall(proof.Login) : null;
    }

    public async ValueTask<Recognition> RecogniseAsync(ClientProof proof, CancellationToken cancel)
    {
        if (proof is not { User: { } user, Password: { } password } || file.Users is null)
        {
            return Recognition.Nothing;
        }

        if (Recall(proof) is { } known)
        {
            return Recognition.Of(known);
        }

        try
        {
            if (Interlocked.Increment(ref _waiting) > WaitingMax + AtOnce)
            {
                return Recognition.Undecided("too many passwords are being checked");
            }

            await _turns.WaitAsync(cancel);
            try
            {
                return Recall(proof) is { } meanwhile
                    ? Recognition.Of(meanwhile)
                    : await Task.Run(() => Check(user, password, proof.Login), CancellationToken.None);
            }
            finally
            {
                _turns.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose() => _turns.Dispose();

    private Recognition Check(string user, string password, string login)
    {
        var users = file.Users!;
        var hash = users.HashOf(user);
        var isRight = BCrypt.Net.BCrypt.Verify(password, hash ?? users.AnyHash);
        if (hash is null || !isRight)
        {
            return Recognition.Refused(hash is null ? "no such user" : "wrong password", mayBeGuessed: true);
        }

        var caller = new Caller(user, ClientWay.Basic);
        if (file.Users == users)
        {
            _memory.Remember(login, caller, Lasting);
            if (file.Users != users)
            {
                _memory.Clear(); // it has changed in between, and was cleared too soon
            }
        }

        return Recognition.Of(caller);
    }
}
