using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.Ecr;

namespace FastEcrProxy.Upstream;

/// <summary>Checks the certificates of peers as always, and says what is wrong: the framework only says that it is.</summary>
internal static class CertificateCheck
{
    /// <summary>The check, with CAs trusted besides the system's.</summary>
    public static RemoteCertificateValidationCallback With(X509Certificate2Collection? extra)
    {
        var trusted = TrustedCertificates.Validation(extra);
        return (sender, certificate, chain, errors) =>
            errors is SslPolicyErrors.None || (trusted is not null && trusted(sender, certificate, chain, errors))
                ? true
                : throw new AuthenticationException(Problem(certificate, chain, errors)); // kept whole, inside HttpRequestException
    }

    private static string Problem(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return "it shows no certificate.";
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return $"its certificate is for another name ({certificate.Subject}).";
        }

        var flags = (chain?.ChainStatus ?? []).Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
        return flags switch
        {
            _ when flags.HasFlag(X509ChainStatusFlags.NotTimeValid) =>
                $"its certificate ({certificate.Subject}) is good from {certificate.GetEffectiveDateString()} "
                + $"to {certificate.GetExpirationDateString()} only: look at it and at this machine's clock.",
            _ when flags.HasFlag(X509ChainStatusFlags.Revoked) => $"its certificate ({certificate.Subject}) has been revoked.",
            _ when (flags & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0 =>
                $"its certificate is signed by a CA that is not trusted ({certificate.Issuer}): a private CA has to be configured.",
            _ => $"its certificate ({certificate.Subject}) is not accepted: {flags}.",
        };
    }
}
