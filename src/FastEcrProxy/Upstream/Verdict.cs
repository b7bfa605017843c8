using FastEcrProxy.Observability;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>What an error status means: whose fault it is, and whether asking again can help.</summary>
internal static class Verdict
{
    /// <summary>The meaning of an error status, with what its body says.</summary>
    public static FetchError Of(int status, ErrorBody error) => status switch
    {
        404 => FetchError.NotFound,
        416 => FetchError.OutOfRange,
        429 => FetchError.Throttled,
        _ when MeansThrottled(status, error.Code) => FetchError.Throttled,
        408 or >= 500 => FetchError.Unreachable,
        >= UpstreamAnswer.ErrorStatusMin => FetchError.Refused,
        _ => FetchError.BadAnswer, // neither what was asked for nor an error
    };

    /// <summary>
    /// Whether the token is what the registry refuses, so that a new one may help. ECR says 401 for a broken token, 403 or
    /// 400 for an expired one, and to HEAD says 403 for everything, without a word.
    /// </summary>
    public static bool RefusesToken(HttpMethod method, int status, ErrorBody error) => status switch
    {
        401 => true,
        403 when method == HttpMethod.Head && error.Message.Length == 0 => true,
        400 or 403 => SaysTokenIsBad(error),
        _ => false,
    };

    /// <summary>An answer as the reason why something could not be had.</summary>
    public static FetchFailure Failure(UpstreamAnswer answer, string what)
    {
        var error = Of(answer.Status, answer.Error);
        var said = answer.Error switch
        {
            { Code: { } code, Message: { Length: > 0 } message } => $"{code}: {message}",
            { Code: { } code } => code,
            { Message: { Length: > 0 } message } => message,
            _ => "no reason given",
        };
        var who = answer.Peer switch
        {
            UpstreamPeer.Registry => $"The registry {answer.Host}",
            UpstreamPeer.Tokens => $"The token service {answer.Host}",
            _ => $"The layer store {answer.Host}",
        };
        var reason = error switch
        {
            FetchError.NotFound => $"{who} does not have {what}: {said}",
            FetchError.Refused => $"{who} refuses {what} with status {answer.Status}: {said}",
            FetchError.Throttled => $"{who} asks to slow down (status {answer.Status}) for {what}: {said}",
            _ => $"{who} answers status {answer.Status} for {what}: {said}",
        };
        return new FetchFailure(error, reason) { Code = answer.Error.Code, Status = answer.Status, RetryAfter = answer.RetryAfter };
    }

    private static bool MeansThrottled(int status, string? code) =>
        status is >= UpstreamAnswer.ErrorStatusMin
        && code is "TOOMANYREQUESTS" or "ThrottlingException" or "Throttling" or "RequestLimitExceeded" or "SlowDown";

    /// <summary>ECR's sentence is "Your authorization token has expired. Reauthenticate and try again."</summary>
    private static bool SaysTokenIsBad(ErrorBody error)
    {
        var text = error.Message;
        return Has("token") && (Has("expired") || Has("invalid") || Has("not valid") || Has("reauthenticate"))
            && !Has("is not authorized to perform"); // a missing permission stays missing with any token

        bool Has(string word) => text.Contains(word, StringComparison.OrdinalIgnoreCase);
    }
}
