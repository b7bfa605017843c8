namespace FastEcrProxy.Server;

/// <summary>
/// The variables of aws-ecr-http-proxy, so that its users change the image's name and nothing else. They mean here what its
/// README says; where its scripts did something else (<c>ENABLE_SSL=false</c> switched TLS on), the README is right.
/// </summary>
internal static class FormerVariables
{
    public const string EnableTls = "ENABLE_SSL";

    private static readonly (string Variable, string WhyNot)[] NotNeeded =
    [
        ("RESOLVER", "names are looked up as the system does it"),
        ("CACHE_KEY", "layers are kept under their digest, so one copy serves every repository"),
        ("AWS_USE_EC2_ROLE_FOR_AUTH", "the instance's role is found without being asked for"),
    ];

    public static Reading Read(IReadOnlyDictionary<string, string> environment)
    {
        var reading = new Reading();
        foreach (var (variable, whyNot) in NotNeeded)
        {
            if (TextOf(environment, variable) is not null)
            {
                reading.Notices.Add($"{variable} is not needed: {whyNot}.");
            }
        }

        var tls = ReadTls(environment, reading);
        foreach (var setting in SettingTable.All.Where(setting => setting.Alias is not null))
        {
            var text = TextOf(environment, setting.Alias!);
            if (text is null)
            {
                continue;
            }

            if (IsTls(setting) && !tls)
            {
                reading.Notices.Add($"{setting.Alias} is not used: {EnableTls} is not true.");
                continue;
            }

            reading.Values.Add((setting, text, setting.Alias!));
        }

        return reading;
    }

    private static bool ReadTls(IReadOnlyDictionary<string, string> environment, Reading reading)
    {
        var text = TextOf(environment, EnableTls);
        if (text is null)
        {
            return false;
        }

        if (!SettingFormats.Bool.TryParse(text, out var on))
        {
            reading.Errors.Add(new SettingError(EnableTls, text, SettingFormats.Bool.Refusal));
            return false;
        }

        reading.TlsDemanded = on;
        return on;
    }

    private static bool IsTls(Setting setting) =>
        setting == ListenTable.Certificate || setting == ListenTable.Key;

    private static string? TextOf(IReadOnlyDictionary<string, string> environment, string variable) =>
        environment.TryGetValue(variable, out var text) && text.Length > 0 ? text : null;

    /// <summary>What these variables say.</summary>
    internal sealed class Reading
    {
        public List<(Setting Setting, string Text, string Variable)> Values { get; } = [];

        public List<SettingError> Errors { get; } = [];

        public List<string> Notices { get; } = [];

        /// <summary>Whether ENABLE_SSL asks for TLS; then the certificate has to come from somewhere.</summary>
        public bool TlsDemanded { get; set; }
    }
}
