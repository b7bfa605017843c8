using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>
/// The registries of a rule as one: the next is asked where one fails or does not have what is wanted, since a replica may
/// lag behind, and a digest names the same bytes everywhere.
/// </summary>
internal sealed class Registries
{
    private readonly Registry[] _inOrder;
    private readonly RuleOptions _rule;
    private readonly UpstreamEvents _events;

    /// <param name="registries">In the order of the configuration; never empty.</param>
    /// <param name="rule">How they are to be asked.</param>
    /// <param name="scope">What the cache calls the place that they are: see <see cref="RepositoryKey"/>.</param>
    /// <param name="events">Told each time that another one has to be asked.</param>
    public Registries(IReadOnlyList<Registry> registries, RuleOptions rule, string scope, UpstreamEvents events)
    {
        (_inOrder, _rule, Scope, _events) = ([.. registries], rule, scope, events);
        Primary = rule.Primary is null || registries.Count == 1
            ? registries[0]
            : registries.First(registry => registry.Name.Equals(rule.Primary, StringComparison.OrdinalIgnoreCase));
    }

    public IReadOnlyList<Registry> All => _inOrder;

    /// <summary>Whether their speed decides who is asked first.</summary>
    public bool AreMeasured => _rule.Order is RegistryOrder.Latency && _inOrder.Length > 1;

    /// <summary>What the cache calls this place: the same names elsewhere are other repositories.</summary>
    public string Scope { get; }

    /// <summary>The one that is never behind: pushes go there.</summary>
    public Registry Primary { get; }

    /// <summary>Makes repositories that a push finds missing; null: they stay missing.</summary>
    public RepositoryCreator? Repositories { get; internal set; }

    /// <summary>Asks the primary alone, whatever others would say; not while it is known to be down.</summary>
    public ValueTask<Fetched<T>> AskPrimaryAsync<T>(Func<RegistryClient, ValueTask<Fetched<T>>> ask)
        where T : class =>
        PassesBy(Primary) ? ValueTask.FromResult<Fetched<T>>(Down(Primary)) : Primary.AskAsync(ask);

    /// <summary>Whether a caller's ECR token can be shown to any of them.</summary>
    public bool TakeEcrTokens => Array.Exists(_inOrder, static registry => registry.Client.TakesEcrTokens);

    /// <summary>
    /// Asks whether a caller may do something. A token is good in one Region: the first registry that takes it decides, and those
    /// that are none of ECR's never see it. Null: whoever might have taken it does not answer.
    /// </summary>
    /// <param name="authorization">The value of the caller's <c>Authorization</c> header: a secret.</param>
    /// <param name="isChange">
    /// Whether something is to change. That happens at the primary, so it alone is asked: a permission in another Region is one
    /// for another repository.
    /// </param>
    /// <param name="ask">Asks one of them.</param>
    public async ValueTask<CallerVerdict.Word?> AskForCallerAsync(
        string authorization, bool isChange, Func<CallerQuestions, ValueTask<Fetched<CallerVerdict>>> ask)
    {
        var (isSilent, isMissing) = (false, false);
        foreach (var registry in isChange ? [Primary] : Order())
        {
            if (!registry.Client.TakesEcrTokens)
            {
                continue;
            }

            // Past what is noted of its health: a stranger's question must not be able to change that.
            var verdict = PassesBy(registry) ? null : (await ask(registry.Client.For(authorization))).Value;
            if (verdict?.Kind is CallerVerdict.Word.May or CallerVerdict.Word.MayNot)
            {
                return verdict.Kind;
            }

            isSilent |= verdict is null;
            isMissing |= verdict?.Kind is CallerVerdict.Word.NoRepository;
        }

        return isSilent ? null : isMissing ? CallerVerdict.Word.NoRepository : CallerVerdict.Word.NotTaken;
    }

    /// <summary>A manifest's exact bytes, checked against its digest.</summary>
    public ValueTask<Fetched<StoredManifest>> GetManifestAsync(
        Repository repository, Reference reference, IReadOnlyList<string> accept, CancellationToken cancel) =>
        AskAsync(
            Order(reference), Name(repository, reference),
            client => client.GetManifestAsync(repository, reference, accept, cancel));

    /// <summary>A manifest's digest and type.</summary>
    public ValueTask<Fetched<ManifestHead>> HeadManifestAsync(
        Repository repository, Reference reference, IReadOnlyList<string> accept, CancellationToken cancel) =>
        AskAsync(
            Order(reference), Name(repository, reference),
            client => client.HeadManifestAsync(repository, reference, accept, cancel));

    /// <summary>A blob's length.</summary>
    public ValueTask<Fetched<BlobHead>> HeadBlobAsync(Repository repository, Digest digest, CancellationToken cancel) =>
        AskAsync(Order(), $"blob {repository}@{digest}", client => client.HeadBlobAsync(repository, digest, cancel));

    /// <summary>Where clients may fetch a blob themselves, or that the registry sends it.</summary>
    public ValueTask<Fetched<LayerAddress>> LocateBlobAsync(Repository repository, Digest digest, CancellationToken cancel) =>
        AskAsync(Order(), $"blob {repository}@{digest}", client => client.LocateBlobAsync(repository, digest, cancel));

    /// <summary>One blob, to be opened at any offset, wherever it can be had.</summary>
    public UpstreamBlob BlobsOf(Repository repository, Digest digest) => new(this, _events, repository, digest);

    /// <summary>One page of a repository's tags, as <see cref="RegistryClient.ListTagsAsync"/>.</summary>
    public ValueTask<Fetched<ListReply>> ListTagsAsync(Repository repository, int? n, string? last, CancellationToken cancel) =>
        AskAsync(OrderForTags(), $"the tags of {repository}", client => client.ListTagsAsync(repository, n, last, cancel));

    /// <summary>One page of a manifest's referrers, as <see cref="RegistryClient.ListReferrersAsync"/>.</summary>
    public ValueTask<Fetched<ListReply>> ListReferrersAsync(
        Repository repository, Digest digest, string? artifactType, string? nextPage, CancellationToken cancel) =>
        AskAsync(
            OrderForTags(), $"the referrers of {repository}@{digest}",
            client => client.ListReferrersAsync(repository, digest, artifactType, nextPage, cancel));

    /// <summary>One page of the repositories.</summary>
    public ValueTask<Fetched<ListReply>> ListRepositoriesAsync(int? n, string? last, CancellationToken cancel) =>
        AskAsync(Order(), "the list of repositories", client => client.ListRepositoriesAsync(n, last, cancel));

    /// <summary>Who is asked for a manifest, in order.</summary>
    public Registry[] Order(Reference reference) => reference.IsDigest ? Order() : OrderForTags();

    /// <summary>Who is asked for content, in order.</summary>
    internal Registry[] Order()
    {
        if (_rule.Order is RegistryOrder.Configured || _inOrder.Length == 1)
        {
            return _inOrder;
        }

        // By steps, so that two of about the same speed keep the operator's order.
        return [.. _inOrder.OrderBy(registry => Math.Round(Math.Log2(Math.Max(registry.Health.LatencySeconds, 0.001))))];
    }

    /// <summary>Whether a registry is passed by: it is down, and there are others.</summary>
    internal bool PassesBy(Registry registry) => _inOrder.Length > 1 && registry.Health.IsOpen;

    /// <summary>What it is like to ask one that is passed by.</summary>
    internal static FetchFailure Down(Registry registry) =>
        new(FetchError.Unreachable, $"The registry {registry.Name} is down: {registry.Health.Reason}");

    /// <summary>
    /// What is told when nobody has it: that it is not there only if all say so, else the failure that may pass soonest, of the
    /// nearest registry that had it.
    /// </summary>
    internal static FetchFailure Told(FetchFailure? before, FetchFailure failure) =>
        before is null || Weight(failure) > Weight(before) ? failure : before;

    private static int Weight(FetchFailure failure) => failure.Error switch
    {
        FetchError.NotFound => 0,
        FetchError.Refused => 1,
        _ when failure.Error.IsTransient => 3,
        _ => 2,
    };

    private async ValueTask<Fetched<T>> AskAsync<T>(
        Registry[] order, string what, Func<RegistryClient, ValueTask<Fetched<T>>> ask)
        where T : class
    {
        FetchFailure? told = null;
        for (var i = 0; i < order.Length; i++)
        {
            var registry = order[i];
            if (PassesBy(registry))
            {
                told = Told(told, Down(registry));
                continue;
            }

            var fetched = await registry.AskAsync(ask);
            if (fetched.Failure is not { } failure)
            {
                return fetched;
            }

            told = Told(told, failure);
            if (Array.Find(order[(i + 1)..], next => !PassesBy(next)) is { } next)
            {
                _events.AnotherIsAsked(registry, next, what, failure);
            }
        }

        return told!;
    }

    private Registry[] OrderForTags() => _rule.PrefersPrimaryForTags && _inOrder.Length > 1
        ? [Primary, .. Order().Where(registry => registry != Primary)]
        : Order();

    private static string Name(Repository repository, Reference reference) =>
        $"manifest {repository}{(reference.IsDigest ? '@' : ':')}{reference}";
}
