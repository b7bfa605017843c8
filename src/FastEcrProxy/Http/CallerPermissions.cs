using FastEcrProxy.Clients;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Http;

/// <summary>
/// Whether somebody who is known by an ECR token may do something in a repository: ECR's word, asked with that token, whatever the
/// cache has.
/// </summary>
/// <remarks>
/// The registries of the destination's rule are asked in the order in which a pull asks them, for a change the primary alone. A
/// token is good in one Region. So a registry that does not take it (401) says nothing, and the next is asked; the first that
/// takes it decides: it answers, or does not have that manifest or blob, so the caller may; it says DENIED, so the caller may not;
/// it has no such repository, so it has none for this caller either. If one that might have taken it does not answer, and none of
/// the others did, nothing is known, and who was allowed within <see cref="EcrCallerOptions.RememberIfDown"/> still is. Which
/// question stands for what is in <see cref="CallerQuestions"/>. What is not allowed is answered as what does not exist is, and
/// nothing of what the registry says about it, which names people and accounts.
/// <para>
/// A registry that is no private ECR is never shown the token. Where a rule has no other, only the proxy's own access rules can
/// let such a caller in: <see cref="DecidesAbout"/>.
/// </para>
/// </remarks>
internal sealed class CallerPermissions(EcrCallerOptions options, TimeProvider time) : IDisposable
{
    private static readonly OciError CatalogDenied = new(403, "DENIED", "The list of repositories is not yours to see.");

    private readonly EcrMemory<CallerQuestion> _known = new(options, time);

    /// <summary>
    /// Whether there is an ECR registry that can be asked there. False: only rules decide, and where none allows it nobody who is
    /// known by an ECR token may do anything; <see cref="CheckAsync"/> refuses.
    /// </summary>
    public static bool DecidesAbout(Destination to) => to.Registries.TakeEcrTokens;

    /// <summary>Null: allowed, or no question for ECR, since the caller is known in another way.</summary>
    /// <param name="caller">As <see cref="EcrCallers"/> knew them.</param>
    /// <param name="proof">What they showed.</param>
    /// <param name="route">What is asked for.</param>
    /// <param name="method">What is to be done with it.</param>
    /// <param name="to">Where that goes.</param>
    /// <param name="cancel">The client that waits.</param>
    /// <param name="mayMake">Whether a rule lets the caller push there: then a repository that the push itself makes may be missing.
    /// ECR alone is not asked about making it, and says of a missing one nothing about who asks.</param>
    public async ValueTask<OciError?> CheckAsync(
        Caller caller, ClientProof proof, OciRoute route, string method, Destination to, CancellationToken cancel, bool mayMake = false)
    {
        if (caller.Way is not ClientWay.Ecr || route.Kind is RouteKind.Ping)
        {
            return null;
        }

        if (EcrCallers.TokenOf(proof) is not { } token
            || !DecidesAbout(to)
            || CallerQuestion.Of(route.Kind, method) is not { } right)
        {
            return Hidden(route);
        }

        var question = new CallerQuestion(EcrCallerKey.Of(token), to.Key, right);
        var answer = _known.Remembered(question) ?? await AskAsync(question, token, route, to, mayMake, cancel);
        if (answer is EcrAnswer.Yes && right is CallerQuestion.Right.StartUpload)
        {
            question = question with { What = CallerQuestion.Right.FinishUpload };
            answer = _known.Remembered(question) ?? await AskAsync(question, token, route, to, mayMake, cancel);
        }

        return answer switch
        {
            EcrAnswer.Yes => null,
            EcrAnswer.No => Hidden(route),
            _ => new OciError(503, "UNAVAILABLE", "ECR cannot be asked whether you may do this: ask again.")
            {
                RetryAfter = options.PauseIfDown,
            },
        };
    }

    /// <summary>Whether a blob may be mounted from another repository: who may not read it there has to send it.</summary>
    /// <param name="caller">As for <see cref="CheckAsync"/>.</param>
    /// <param name="proof">As for <see cref="CheckAsync"/>.</param>
    /// <param name="from">The other repository, as the client calls it.</param>
    /// <param name="digest">The blob.</param>
    /// <param name="to">Where requests for that repository go.</param>
    /// <param name="cancel">The client that waits.</param>
    public async ValueTask<bool> MayMountAsync(
        Caller caller, ClientProof proof, Repository from, Digest digest, Destination to, CancellationToken cancel) =>
        await CheckAsync(caller, proof, new OciRoute(RouteKind.Blob, from, new Reference(digest)), "GET", to, cancel) is null;

    public void Dispose() => _known.Dispose();

    private static OciError Hidden(OciRoute route) => route.Kind is RouteKind.Catalog ? CatalogDenied : OciError.Hidden(route.Repository);

    private ValueTask<EcrAnswer> AskAsync(
        CallerQuestion question, string token, OciRoute route, Destination to, bool mayMake, CancellationToken cancel) =>
        _known.OfAsync(
            question,
            token,
            async stop =>
            {
                var said = await to.Registries.AskForCallerAsync(
                    EcrLogins.AuthorizationOf(token),
                    question.IsChange,
                    registry => question.AskAsync(registry, to.There, route.Reference, stop));
                return said switch
                {
                    null => EcrAnswer.Unknown,
                    CallerVerdict.Word.May => EcrAnswer.Yes,
                    CallerVerdict.Word.NoRepository when mayMake && MakesIt(question, to) => EcrAnswer.Yes,
                    _ => EcrAnswer.No,
                };
            },
            cancel);

    /// <summary>Whether the repository that is missing is made by the push itself: then that it is missing refuses nobody.</summary>
    private static bool MakesIt(CallerQuestion question, Destination to) => question.IsChange && to.Registries.Repositories is not null;
}
