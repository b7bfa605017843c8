using System.Net;
using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.Clients;

namespace FastEcrProxy.Server;

/// <summary>Reads who may call, and what they may do.</summary>
internal static class ClientSettings
{
    private const string Everything = "all";

    // In the order in which they are tried where nobody gives one. A token is known by its form at once; a password that is one would
    // be checked as a password first, which is dear, and each job has a new one.
    private static readonly (string Word, ClientWay Way)[] Words =
    [
        ("none", ClientWay.None), ("networks", ClientWay.Networks), ("mtls", ClientWay.Mtls), ("jwt", ClientWay.Jwt),
        ("basic", ClientWay.Basic), ("ecr", ClientWay.Ecr),
    ];

    private static readonly (string Word, ClientAction Action)[] Actions =
    [
        ("pull", ClientAction.Pull), ("push", ClientAction.Push), ("delete", ClientAction.Delete),
        ("catalog", ClientAction.Catalog), ("admin", ClientAction.Admin),
    ];

    /// <param name="values">Everything that was written.</param>
    /// <param name="extraCertificates">CAs that are trusted where an issuer of tokens has none of its own.</param>
    public static ClientOptions Read(SettingValues values, X509Certificate2Collection? extraCertificates)
    {
        var networks = values.Items(ClientTable.Networks, ClientNetworks.ProblemWith).Select(ClientNetworks.Parse).ToList();
        var options = new ClientOptions
        {
            Networks = networks,
            PasswordFile = values.Get(ClientTable.PasswordFile),
            Ways = ReadWays(values),
            CertificateName = values.Get(ClientTable.CertificateNameOf),
            Issuers = IssuerSettings.Read(values, extraCertificates),
            Rules = [.. AccessFields.List.Items(values).Select(key => ReadRule(values, key))],
            Challenge = values.Get(ClientTable.Challenge),
            TokenAddress = values.Get(ClientTable.TokenAddress)?.GetLeftPart(UriPartial.Authority),
            TokenSecret = ReadSecret(values),
            FailuresMost = values.Get(ClientTable.FailuresMost),
            FailureWindow = values.Get(ClientTable.FailureWindow),
        };
        CheckUsed(values, options.Ways);
        CheckPasswordFile(values, options.PasswordFile);
        return options;
    }

    /// <summary>Refuses to serve everybody where everybody is the internet.</summary>
    /// <param name="values">Told if so.</param>
    /// <param name="options">Who may call.</param>
    /// <param name="listen">Where clients are served.</param>
    /// <param name="own">The addresses that the machine has.</param>
    public static void CheckAnonymous(SettingValues values, ClientOptions options, ListenOptions listen, Func<IEnumerable<IPAddress>> own)
    {
        var isOpen = options.Ways.Contains(ClientWay.None) || options.Networks.Any(static network => network.PrefixLength == 0);
        if (!isOpen || values.Get(ClientTable.AllowAnonymous))
        {
            return;
        }

        foreach (var (setting, address) in new[]
        {
            (ListenTable.Address, listen.Address), (ListenTable.PlainAddress, listen.PlainAddress),
        })
        {
            if (values.IsRefused(setting) || address is null || PublicAddresses.Of(address.Address, own) is not { } open)
            {
                continue;
            }

            values.Refuse(
                setting,
                $"the internet may reach {open}, and nobody has to say who they are; set Clients.Ways, listen on a private address, "
                + "or set Clients.AllowAnonymous to true");
        }
    }

    /// <summary>Those that are written, else those of which something is configured, else none.</summary>
    private static IReadOnlyList<ClientWay> ReadWays(SettingValues values)
    {
        if (!values.IsGiven(ClientTable.Ways))
        {
            var configured = Words.Select(word => word.Way).Where(way => Needs(way) is { } needed && IsGiven(values, needed)).ToList();
            return configured.Count > 0 ? configured : [ClientWay.None];
        }

        var words = values.Items(ClientTable.Ways, word => Find(Words, word) is null
            ? $"{word} is no way to know callers; there are none, networks, mtls, basic, jwt and ecr" : null);
        var ways = words.Select(word => Find(Words, word)!.Value).Distinct().ToList();
        foreach (var way in ways.Where(way => Needs(way) is { } needed && !IsGiven(values, needed)))
        {
            values.Refuse(ClientTable.Ways, $"{WordOf(way)} needs {Needs(way)}; give that too");
        }

        return ways.Count > 0 ? ways : [ClientWay.None];
    }

    /// <summary>What a way cannot do without, by its key; null for what works by itself.</summary>
    private static string? Needs(ClientWay way) => way switch
    {
        ClientWay.Networks => ClientTable.Networks.Key,
        ClientWay.Basic => ClientTable.PasswordFile.Key,
        ClientWay.Mtls => ClientTable.CertificateAuthority.Key,
        ClientWay.Jwt => IssuerFields.List.Key,
        _ => null,
    };

    private static bool IsGiven(SettingValues values, string key) =>
        SettingTable.Find(key) is { } setting ? values.IsGiven(setting) : values.Numbers(key).Count > 0;

    private static void CheckUsed(SettingValues values, IReadOnlyList<ClientWay> ways)
    {
        foreach (var (word, way) in Words)
        {
            if (!ways.Contains(way) && Needs(way) is { } needed && IsGiven(values, needed) && !values.IsRefused(ClientTable.Ways))
            {
                values.Refuse(needed, $"has no use without {word} in Clients.Ways");
            }
        }
    }

    private static void CheckPasswordFile(SettingValues values, string? path)
    {
        if (path is not null && !values.IsRefused(ClientTable.PasswordFile))
        {
            var (text, problem) = TextFile.Read(path);
            problem ??= HtpasswdUsers.Parse(text!).Problem;
            if (problem is not null)
            {
                values.Refuse(ClientTable.PasswordFile, problem);
            }
        }
    }

    private static string? ReadSecret(SettingValues values)
    {
        if (values.Get(ClientTable.TokenSecretFile) is not { } path)
        {
            return null;
        }

        const int charactersLeast = 32;
        var (text, problem) = TextFile.Read(path);
        problem ??= text!.Trim().Length < charactersLeast
            ? $"the secret in it is shorter than {charactersLeast} characters; write one with: openssl rand -base64 48" : null;
        if (problem is not null)
        {
            values.Refuse(ClientTable.TokenSecretFile, problem);
        }

        return text?.Trim();
    }

    private static AccessRule ReadRule(SettingValues values, string key)
    {
        var actions = values.Items(
            (Setting<IReadOnlyList<string>>)AccessFields.Actions.At(key),
            word => word == Everything || Find(Actions, word) is not null
                ? null : $"{word} is no action; there are pull, push, delete, catalog, admin and all");
        var ofRepositories = values.IsGiven(AccessFields.Repositories.At(key));
        foreach (var word in actions.Where(word => ofRepositories && Find(Actions, word) is ClientAction.Catalog or ClientAction.Admin))
        {
            values.Refuse(AccessFields.Actions.At(key), $"{word} is about no repository; write it into a rule without Repositories");
        }

        return new AccessRule
        {
            Names = Patterns(values, AccessFields.Names.At(key)),
            Groups = Patterns(values, AccessFields.Groups.At(key)),
            Networks = [.. values.Items(AccessFields.Networks.At(key), ClientNetworks.ProblemWith).Select(ClientNetworks.Parse)],
            Repositories = Patterns(values, AccessFields.Repositories.At(key)),
            Actions = actions.Contains(Everything)
                ? Enum.GetValues<ClientAction>()
                    .Where(action => !ofRepositories || action is not (ClientAction.Catalog or ClientAction.Admin)).ToHashSet()
                : actions.Select(word => Find(Actions, word)).OfType<ClientAction>().ToHashSet(),
        };
    }

    private static IReadOnlyList<NamePattern> Patterns(SettingValues values, Setting<IReadOnlyList<string>> setting) =>
        [.. (values.Get(setting) ?? []).Select(static text => new NamePattern(text))];

    private static T? Find<T>((string Word, T Value)[] words, string word)
        where T : struct =>
        words.Where(known => known.Word.Equals(word, StringComparison.OrdinalIgnoreCase)).Select(known => (T?)known.Value).FirstOrDefault();

    private static string WordOf(ClientWay way) => Words.Single(word => word.Way == way).Word;
}
