using System.Collections.Immutable;

namespace FastEcrProxy.LocalEcr;

/// <summary>
/// The misbehaviour of one registry, ordered while it runs. The oldest matching fault of each sort is applied to a request;
/// a digest narrows a fault to one blob or manifest. Offsets and lengths are bytes.
/// </summary>
public sealed class Faults
{
    /// <summary>As <c>times</c>: until released.</summary>
    public const int Always = -1;

    private readonly LocalService _service;
    private ImmutableList<Fault> _ordered = [];
    private volatile Fault? _freeze;

    internal Faults(LocalService service) => (_service, HeadBlob) = (service, service.Manners.HeadBlob);

    /// <summary>How HEAD on a blob is answered from now on.</summary>
    public HeadBlobAnswer HeadBlob { get; set; }

    /// <summary>Answers the next requests with a status of the test's choice; without a body, one that fits the origin.</summary>
    public Fault Answer(
        RequestKind kinds,
        int status,
        int times = 1,
        TimeSpan? retryAfter = null,
        string? body = null,
        string contentType = "application/json",
        string? digest = null) =>
        Order(new FaultPlan.Answer(status, retryAfter, body, contentType), kinds, digest, times);

    /// <summary>Accepts requests and answers nothing until released; then they are answered as usual.</summary>
    public Fault Hang(RequestKind kinds, int times = Always, string? digest = null) =>
        Order(new FaultPlan.Hang(), kinds, digest, times);

    /// <summary>The caller may do nothing of these kinds: 403 DENIED, or AccessDeniedException.</summary>
    public Fault DenyIam(RequestKind kinds = RequestKind.Any, int times = Always) =>
        Order(new FaultPlan.Deny(), kinds, null, times);

    /// <summary>Sends blob requests to another host than the layers origin.</summary>
    public Fault RedirectTo(Uri host, int times = Always, string? digest = null) =>
        Order(new FaultPlan.Redirect(host), RequestKind.AnyBlob, digest, times);

    /// <summary>Ends layer bodies after so many bytes of the body, although more were promised.</summary>
    public Fault CutLayers(long afterBytes, CutHow how = CutHow.Finish, int times = 1, string? digest = null) =>
        Order(new FaultPlan.Cut(afterBytes, how), RequestKind.AnyLayer, digest, times);

    /// <summary>Flips the byte at this offset of the blob in the next bodies that contain it.</summary>
    public Fault CorruptLayers(long offset, int times = 1, string? digest = null) =>
        Order(new FaultPlan.Corrupt(offset), RequestKind.AnyLayer, digest, times);

    /// <summary>Flips the last byte of manifests; the headers stay right.</summary>
    public Fault CorruptManifests(int times = 1, RequestKind kinds = RequestKind.AnyManifest, string? digest = null) =>
        Order(new FaultPlan.CorruptManifest(), kinds, digest, times);

    /// <summary>
    /// Stops layer bodies after so many bytes of the body, which are sent, until released. <c>Fault.ReachedAsync</c>
    /// tells when they stand still.
    /// </summary>
    public Fault PauseLayers(long afterBytes, int times = Always, string? digest = null) =>
        Order(new FaultPlan.Pause(afterBytes), RequestKind.AnyLayer, digest, times);

    /// <summary>Slows every layer body down to this rate, in real time.</summary>
    public Fault LimitLayers(long bytesPerSecond, int times = Always, string? digest = null) =>
        Order(new FaultPlan.Limit(bytesPerSecond), RequestKind.AnyLayer, digest, times);

    /// <summary>Sends layers chunked, without Content-Length.</summary>
    public Fault OmitLayerLength(int times = Always, string? digest = null) =>
        Order(new FaultPlan.NoLength(), RequestKind.AnyLayer, digest, times);

    /// <summary>
    /// Pretends that layers are longer or shorter than they are, in Content-Length and Content-Range; a longer one ends
    /// with the bytes that there are.
    /// </summary>
    public Fault MisstateLayerLength(long difference, int times = Always, string? digest = null) =>
        Order(new FaultPlan.WrongLength(difference), RequestKind.AnyLayer, digest, times);

    /// <summary>
    /// Breaks the connection after so many bytes of a pushed body have been taken in; what was taken in stays. As many as the
    /// body has: all of it came, and nobody learns that.
    /// </summary>
    public Fault CutUploads(
        long afterBytes, CutHow how = CutHow.Reset, int times = 1, RequestKind kinds = RequestKind.AnyUploadBody) =>
        Order(new FaultPlan.Cut(afterBytes, how), kinds, null, times);

    /// <summary>
    /// Takes in so many bytes of a pushed body and no more until released, so that the client is held back.
    /// <c>Fault.ReachedAsync</c> tells when they stand still.
    /// </summary>
    public Fault PauseUploads(long afterBytes, int times = Always, RequestKind kinds = RequestKind.AnyUploadBody) =>
        Order(new FaultPlan.Pause(afterBytes), kinds, null, times);

    /// <summary>Takes pushed bodies in at this rate, in real time.</summary>
    public Fault LimitUploads(long bytesPerSecond, int times = Always, RequestKind kinds = RequestKind.AnyUploadBody) =>
        Order(new FaultPlan.Limit(bytesPerSecond), kinds, null, times);

    /// <summary>Answers with an error in the middle of a pushed body, after so many bytes of it.</summary>
    public Fault RefuseUploads(
        long afterBytes, int status, int times = 1, RequestKind kinds = RequestKind.AnyUploadBody) =>
        Order(new FaultPlan.RefuseBody(afterBytes, status), kinds, null, times);

    /// <summary>Does what is asked, and breaks the connection instead of answering: the client cannot know.</summary>
    public Fault LoseAnswers(RequestKind kinds, int times = 1, string? digest = null) =>
        Order(new FaultPlan.Silence(), kinds, digest, times);

    /// <summary>Every token handed out so far, in all of the Region and to whomever, is expired; the next one is good.</summary>
    public void ExpireAllTokens() => _service.ExpireTokens();

    /// <summary>Every layer URL handed out so far is answered as expired; the next one is good.</summary>
    public void RevokeLayerUrls() => _service.LayerUrls?.RevokeAll();

    /// <summary>
    /// Drops all connections of an origin and refuses new ones; its port stays reserved. Nothing happens where there is no such
    /// origin.
    /// </summary>
    public Task GoDarkAsync(OriginName origin) => _service.Origin(origin)?.RefuseAsync() ?? Task.CompletedTask;

    /// <summary>Ends <see cref="GoDarkAsync(OriginName)"/>, on the same port.</summary>
    public Task ComeBackAsync(OriginName origin, CancellationToken cancel = default) =>
        _service.Origin(origin)?.OpenAsync(cancel) ?? Task.CompletedTask;

    /// <summary><see cref="GoDarkAsync(OriginName)"/> for everything of this registry at once.</summary>
    public Task GoDarkAsync() => Task.WhenAll(_service.Origins.Select(GoDarkAsync));

    /// <summary>Ends <see cref="GoDarkAsync()"/>.</summary>
    public Task ComeBackAsync(CancellationToken cancel = default) =>
        Task.WhenAll(_service.Origins.Select(origin => ComeBackAsync(origin, cancel)));

    /// <summary>
    /// Everything stands still until released: connections are accepted and requests come in, nothing is answered, bodies
    /// under way stop in the middle; under TLS not even the handshake is answered. Then all goes on as if nothing had been.
    /// <c>Fault.ReachedAsync</c> counts everything that stands still.
    /// </summary>
    public Fault Freeze()
    {
        var freeze = new Fault(new FaultPlan.Hang(), RequestKind.None, null, Always);
        Freeze(freeze);
        return freeze;
    }

    /// <summary>Releases and forgets every fault ordered. Origins that went dark stay dark.</summary>
    public void Clear()
    {
        foreach (var fault in Interlocked.Exchange(ref _ordered, []))
        {
            fault.Release();
        }

        _freeze?.Release();
        HeadBlob = _service.Manners.HeadBlob;
    }

    /// <summary>One freeze for several registries.</summary>
    internal void Freeze(Fault freeze) => _freeze = freeze;

    /// <summary>Completes at once unless everything stands still.</summary>
    internal Task MovingAsync(CancellationToken cancel)
    {
        if (_freeze is not { Released.IsCompleted: false } freeze)
        {
            return Task.CompletedTask;
        }

        freeze.Reach();
        return freeze.Released.WaitAsync(cancel);
    }

    internal Fault? Take<TPlan>(RequestKind kind, string? digest, Func<TPlan, bool>? applies = null)
        where TPlan : FaultPlan
    {
        foreach (var fault in Volatile.Read(ref _ordered))
        {
            if (fault.Plan is TPlan plan && (applies?.Invoke(plan) ?? true) && fault.TryTake(kind, digest))
            {
                return fault;
            }
        }

        return null;
    }

    private Fault Order(FaultPlan plan, RequestKind kinds, string? digest, int times)
    {
        var fault = new Fault(plan, kinds, digest, times);
        ImmutableInterlocked.Update(ref _ordered, (known, added) => known.Add(added), fault);
        return fault;
    }
}
