namespace FastEcrProxy.Server;

/// <summary>The settings that say who may call; a part of <see cref="SettingTable"/>.</summary>
internal static class ClientTable
{
    public static readonly Setting<IReadOnlyList<string>> Ways = new("Clients.Ways", RuleFormats.Texts)
    {
        Otherwise = "none, and on an address that the internet can reach nothing is served before somebody decides",
        Meaning =
            "How callers are known, the first way that knows one counts: none, networks, mtls, basic, jwt, ecr. "
            + "With none beside others, who shows nothing is anonymous.",
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

    public static readonly Setting<string> CertificateAuthority = new("Clients.CertificateAuthority", SettingFormats.Path)
    {
        Otherwise = "clients are not asked for a certificate",
        Meaning = "For the way mtls: PEM file with the CAs whose certificates clients may show over TLS; read anew when it changes.",
    };

    /// <summary>All of them, in the order in which people read them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [Ways, AllowAnonymous, Networks, PasswordFile, CertificateAuthority];
}
