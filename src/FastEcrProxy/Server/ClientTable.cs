using FastEcrProxy.Clients;

namespace FastEcrProxy.Server;

/// <summary>The settings that say who may call; a part of <see cref="SettingTable"/>.</summary>
internal static class ClientTable
{
    private const int FailuresMostMost = 1_000_000;

    private static readonly TimeSpan ShortestWindow = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWindow = TimeSpan.FromDays(1);
    private static readonly TimeSpan EcrTokenLife = TimeSpan.FromHours(12);

    public static readonly Setting<IReadOnlyList<string>> Ways = new("Clients.Ways", RuleFormats.Texts)
    {
        Otherwise = "those of which something is configured, else none",
        Meaning =
            "How callers are known, the first way that knows one counts: none, networks, mtls, basic, jwt, ecr. With none beside "
            + "others, who shows nothing is anonymous; networks count only for who shows no credentials, where there are any to show.",
    };

    public static readonly Setting<bool> AllowAnonymous = new("Clients.AllowAnonymous", SettingFormats.Bool)
    {
        Default = "false",
        Meaning = "Whether everybody may come in on an address that the internet can reach, without saying who they are.",
    };

    public static readonly Setting<IReadOnlyList<string>> Networks = new("Clients.Networks", SettingFormats.Networks)
    {
        Otherwise = "no network",
        Meaning = "For the way networks: who comes from one of them is let in, and called by the network.",
    };

    public static readonly Setting<string> PasswordFile = new("Clients.PasswordFile", SettingFormats.Path)
    {
        Otherwise = "no users",
        Meaning = "For the way basic: users and bcrypt hashes as htpasswd -B writes them; read anew when it changes.",
    };

    public static readonly Setting<ChallengeKind> Challenge = new("Clients.Challenge", SettingFormats.Choice(
        ("auto", ChallengeKind.Auto), ("basic", ChallengeKind.Basic), ("bearer", ChallengeKind.Bearer)))
    {
        Default = "auto",
        Meaning =
            "What clients are told that have to say who they are: basic, to send user and password; bearer, to get a token at /token "
            + "first. auto: bearer where some may come in without credentials.",
    };

    public static readonly Setting<Uri> TokenAddress = new("Clients.TokenAddress", SettingFormats.Endpoint)
    {
        Otherwise = "what the client asked, by the scheme that it came by",
        Meaning =
            "What clients get tokens from, as they reach it: https://registry.example.com. Needed where a balancer ends TLS and does not "
            + "say so, as an NLB does not.",
    };

    public static readonly Setting<string> TokenSecretFile = new("Clients.TokenSecretFile", SettingFormats.Path)
    {
        Otherwise = "a secret of this process: tokens are good until it stops",
        Meaning = "A file with a secret that all proxies behind one name share, so that each takes the others' Bearer tokens.",
    };

    public static readonly Setting<int> FailuresMost = new("Clients.FailuresMost", SettingFormats.Number(0, FailuresMostMost))
    {
        Default = "20",
        Meaning = "After so many wrong credentials of one address within Clients.FailureWindow none is looked at; 0: no limit.",
    };

    public static readonly Setting<TimeSpan> FailureWindow =
        new("Clients.FailureWindow", SettingFormats.Timeout(ShortestWindow, LongestWindow))
        {
            Default = "5m",
            Meaning = "How long wrong credentials of an address count, from the first on.",
        };

    public static readonly Setting<CertificateName> CertificateNameOf = new("Clients.CertificateName", SettingFormats.Choice(
        ("subject-cn", CertificateName.SubjectCn), ("san-dns", CertificateName.SanDns),
        ("san-uri", CertificateName.SanUri), ("san-email", CertificateName.SanEmail)))
    {
        Default = "subject-cn",
        Meaning =
            "For the way mtls: what of a certificate its owner is called by, as cert:NAME; it has to have exactly one. "
            + "Groups are cert:O=… and cert:OU=….",
    };

    public static readonly Setting<TimeSpan> EcrRemember = new("Clients.Ecr.Remember", SettingFormats.Time(EcrTokenLife))
    {
        Default = "5m",
        Meaning =
            "For the way ecr: how long it is believed that ECR takes a caller's token, and that it lets the caller do something in "
            + "a repository; 0 asks with every request.",
    };

    public static readonly Setting<TimeSpan> EcrRememberIfDown = new("Clients.Ecr.RememberIfDown", SettingFormats.Time(EcrTokenLife))
    {
        Default = "12h",
        Meaning =
            "The same while ECR gives no answer, and never beyond the token's own end; 0 lets nobody in then. "
            + "What ECR has not allowed before is not allowed.",
    };

    public static readonly Setting<string> CertificateAuthority = new("Clients.CertificateAuthority", SettingFormats.Path)
    {
        Otherwise = "clients are not asked for a certificate",
        Meaning = "For the way mtls: PEM file with the CAs whose certificates clients may show over TLS; read anew when it changes.",
    };

    /// <summary>All of them, in the order in which people read them.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Ways, AllowAnonymous, Networks, PasswordFile, CertificateAuthority, CertificateNameOf, EcrRemember, EcrRememberIfDown,
        Challenge, TokenAddress, TokenSecretFile, FailuresMost, FailureWindow,
    ];
}
