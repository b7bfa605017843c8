namespace FastEcrProxy.Server;

/// <summary>Every setting of an issuer of tokens, once, by its key within the issuer.</summary>
internal static class IssuerFields
{
    public static readonly Setting<string> Name = new("Name", RuleFormats.Name)
    {
        Otherwise = "refused",
        Meaning = "Names and groups of its callers begin with it and a colon, as in github:acme/app; so does the log.",
    };

    public static readonly Setting<string> Issuer = new("Issuer", RuleFormats.Text)
    {
        Otherwise = "refused",
        Meaning = "What its tokens call it (iss), exactly.",
    };

    public static readonly Setting<IReadOnlyList<string>> Audience = new("Audience", RuleFormats.Texts)
    {
        Otherwise = "refused",
        Meaning = "Whom its tokens have to be for (aud), one of these: a name of this proxy that nobody else goes by.",
    };

    public static readonly Setting<string> NameClaim = new("NameClaim", RuleFormats.Text)
    {
        Default = "sub",
        Meaning = "The claim that a caller is called by; one inside of others as /kubernetes.io/serviceaccount/name.",
    };

    public static readonly Setting<string> GroupsClaim = new("GroupsClaim", RuleFormats.Text)
    {
        Otherwise = "no groups",
        Meaning = "The claim that says which groups a caller is in, a text or a list.",
    };

    public static readonly Setting<IReadOnlyList<string>> RequiredClaims = new("RequiredClaims", RuleFormats.Texts)
    {
        Otherwise = "every token of the issuer is good; refused for issuers that give tokens to everybody",
        Meaning = "What a token has to say, as claim=value, * for any part; of several for one claim, one is enough.",
    };

    public static readonly Setting<Uri> KeysUri = new("KeysUri", SettingFormats.Document)
    {
        Otherwise = "where Issuer's /.well-known/openid-configuration says",
        Meaning = "Where its keys are (JWKS).",
    };

    public static readonly Setting<string> KeysFile = new("KeysFile", SettingFormats.Path)
    {
        Otherwise = "they are asked for",
        Meaning = "A file with its keys (JWKS), for an issuer that cannot be reached; read anew when it changes.",
    };

    public static readonly Setting<string> CaFile = new("CaFile", SettingFormats.Path)
    {
        Otherwise = "those of Upstream.CaFile",
        Meaning = "CAs that are trusted besides the system's where keys are asked for, as of a Kubernetes API server.",
    };

    public static ObjectList List { get; } = new(
        "Clients.Issuers",
        "For the way jwt: whose tokens are believed. One issuer may stand there more than once, for other claims.",
        [Name, Issuer, Audience, NameClaim, GroupsClaim, RequiredClaims, KeysUri, KeysFile, CaFile],
        "{ \"Name\": \"ci\", \"Issuer\": \"https://gitlab.example.com\", \"Audience\": [\"registry.example.com\"] }");
}
