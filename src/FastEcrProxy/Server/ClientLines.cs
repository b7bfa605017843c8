using System.Net;
using FastEcrProxy.Clients;

namespace FastEcrProxy.Server;

/// <summary>Who may come in and what for, as <c>check</c> and the log tell a person; and what of it somebody may not expect.</summary>
internal static class ClientLines
{
    /// <summary>The ways in their order, the rules, and notes.</summary>
    /// <param name="settings">Read without an error.</param>
    public static IEnumerable<CheckLine> Of(ProxySettings settings) =>
        settings.Clients.Ways.SelectMany(way => TextsOf(way, settings))
            .Concat(settings.Clients.Rules.Select(RuleText))
            .Append(EndText(settings.Clients))
            .Select(static text => CheckLine.Well("clients: " + text))
            .Concat(NotesOf(settings).Select(CheckLine.Note));

    /// <summary>All of it in a few words: <c>basic (12 users), anonymous; 3 rules</c>.</summary>
    public static string Short(ClientOptions options)
    {
        var ways = options.Ways.Select(way => way switch
        {
            ClientWay.None => Caller.Anonymous.Name,
            ClientWay.Networks => $"networks ({options.Networks.Count})",
            ClientWay.Mtls => "mtls",
            ClientWay.Basic => $"basic ({Counted(UsersOf(options), "user")})",
            ClientWay.Jwt => $"jwt ({Counted(options.Issuers.Count, "issuer")})",
            _ => "ecr",
        });
        var rules = options.Rules.Count == 0 ? "no rules" : Counted(options.Rules.Count, "rule");
        return $"{string.Join(", ", ways)}; {rules}";
    }

    private static IEnumerable<string> TextsOf(ClientWay way, ProxySettings settings)
    {
        var options = settings.Clients;
        return way switch
        {
            ClientWay.Networks => ["networks: who comes from " + Listed(options.Networks)],
            ClientWay.Mtls => ["mtls: " + AuthorityText(settings.Listen.ClientAuthority)],
            ClientWay.Basic => [$"basic: {Counted(UsersOf(options), "user")} of {options.PasswordFile}"],
            ClientWay.Jwt => options.Issuers.Select(IssuerText),
            ClientWay.Ecr =>
            [
                $"ecr: who has an ECR token; a yes of ECR's is believed for {Duration.Format(options.Ecr.Remember)}, "
                + $"while it gives no answer for {Duration.Format(options.Ecr.RememberIfDown)}",
            ],
            _ => [options.Ways.Count == 1 ? "none: everybody, as anonymous" : "none: everybody who shows nothing, as anonymous"],
        };
    }

    private static string AuthorityText(ClientAuthority? authority)
    {
        if (authority is null)
        {
            return "nobody, since no CA is named";
        }

        var first = authority.Roots.MinBy(static root => root.NotAfter)!;
        return $"who has a certificate of {Counted(authority.Roots.Count, "CA")} in {authority.File}; "
            + $"the first to end is {first.Subject}, good until {first.NotAfter.ToUniversalTime():u}";
    }

    private static string IssuerText(IssuerOptions issuer)
    {
        var required = issuer.RequiredClaims.Count == 0 ? "" : ", saying " + string.Join(", ", issuer.RequiredClaims);
        return $"jwt: {issuer.Name}: who has a token of {issuer.Issuer} for {Listed(issuer.Audiences)}{required}";
    }

    /// <summary>A rule as one sentence: <c>ci-* may pull, push team/*</c>.</summary>
    private static string RuleText(AccessRule rule)
    {
        string?[] who =
        [
            rule.Names.Count == 0 ? "everybody" : Listed(rule.Names.Select(static name => name.Text)),
            rule.Groups.Count == 0 ? null : "of group " + Listed(rule.Groups.Select(static name => name.Text)),
            rule.Networks.Count == 0 ? null : "from " + Listed(rule.Networks),
        ];
        var there = rule.Repositories.Count == 0 ? "every repository" : Listed(rule.Repositories.Select(static name => name.Text));
        var inRepositories = rule.Actions.Order()
            .Where(static action => action is ClientAction.Pull or ClientAction.Push or ClientAction.Delete)
            .Select(static action => action switch { ClientAction.Pull => "pull", ClientAction.Push => "push", _ => "delete" })
            .ToList();
        string?[] what =
        [
            inRepositories.Count == 0 ? null : $"{string.Join(", ", inRepositories)} {there}",
            rule.Actions.Contains(ClientAction.Catalog) ? "see the names of all repositories" : null,
            rule.Actions.Contains(ClientAction.Admin) ? "see metrics" : null,
        ];
        return $"{string.Join(' ', who.OfType<string>())} may {string.Join("; ", what.OfType<string>())}";
    }

    private static string EndText(ClientOptions options) => (options.Rules.Count, options.Ways.Contains(ClientWay.Ecr)) switch
    {
        (0, false) => "no rules: whoever is let in may do all that is served",
        (0, true) => "no rules: whoever is let in may do all that is served, who has an ECR token what IAM lets them",
        (_, false) => "nobody may do anything that no rule says",
        (_, true) => "nobody may do anything that no rule says, and who has an ECR token only what IAM lets them as well",
    };

    private static IEnumerable<string> NotesOf(ProxySettings settings)
    {
        var (options, listen) = (settings.Clients, settings.Listen);
        var plain = listen.IsTls ? listen.PlainAddress : listen.Address;
        if (options.TakesCredentials && plain is not null && !IPAddress.IsLoopback(plain.Address))
        {
            yield return $"passwords and tokens come to {plain} without TLS: who listens on the way has them too; "
                + (listen.IsTls ? "leave out Listen.PlainAddress" : "give Listen.Certificate and Listen.Key")
                + ", unless a balancer ends TLS on the same network";
        }

        if (options.TakesCredentials && options.AsksForTokens && options.TokenSecret is null)
        {
            yield return "tokens of /token are good only at the proxy that gave them, until it stops; "
                + "several behind one name need one Clients.TokenSecretFile";
        }

        if (!settings.AdminAllowsAnybody && !IPAddress.IsLoopback(settings.AdminAddress.Address)
            && options.Rules.Count > 0 && !options.Rules.Any(static rule => rule.Actions.Contains(ClientAction.Admin)))
        {
            yield return $"no rule has the action admin: Admin.Address {settings.AdminAddress} tells metrics to this machine alone";
        }
    }

    /// <summary>Every line that is neither empty nor a remark is a user: a file with others has been refused.</summary>
    private static int UsersOf(ClientOptions options) => options.PasswordFile is { } path && TextFile.Read(path).Text is { } text
        ? text.Split('\n').Select(static line => line.Trim()).Count(static line => line.Length > 0 && !line.StartsWith('#'))
        : 0;

    private static string Counted(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    private static string Listed<T>(IEnumerable<T> items) => string.Join(" or ", items);
}
