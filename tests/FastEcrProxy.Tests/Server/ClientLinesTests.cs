using FastEcrProxy.Server;

namespace FastEcrProxy.Tests.Server;

public sealed class ClientLinesTests : IDisposable
{
    private const string Local = "'Listen': { 'Address': '127.0.0.1:5000' }";
    private const string Wide = "'Listen': { 'Address': '10.0.0.1:5000' }";
    private const string Everything = "no rules: whoever is let in may do all that is served";
    private const string NothingElse = "nobody may do anything that no rule says";

    private static readonly DateTimeOffset Expires = new(2030, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TestFiles _files = new();

    /// <summary>What stands in the file, and the lines. Here ' stands for ", and the words in capitals for files.</summary>
    public static TheoryData<string, string[]> Settings => new()
    {
        { "", ["none: everybody, as anonymous", Everything] },
        {
            Local + ", 'Clients': { 'Ways': ['basic', 'none'], 'PasswordFile': 'USERS', 'TokenSecretFile': 'SECRET' }",
            ["basic: 2 users of USERS", "none: everybody who shows nothing, as anonymous", Everything]
        },
        {
            "'Clients': { 'Networks': ['10.0.0.0/8', '2001:db8::/32'] }",
            ["networks: who comes from 10.0.0.0/8 or 2001:db8::/32", Everything]
        },
        {
            "'Listen': { 'Certificate': 'CERT', 'Key': 'KEY' }, 'Clients': { 'CertificateAuthority': 'CERT' }",
            ["mtls: who has a certificate of 1 CA in CERT; the first to end is CN=ca, good until 2030-06-01 12:00:00Z", Everything]
        },
        {
            Local + """
            , 'Clients': { 'Issuers': [
              { 'Name': 'ci', 'Issuer': 'https://gitlab.example.com', 'Audience': ['a', 'b'], 'RequiredClaims': ['x=1', 'y=2*'] },
              { 'Name': 'kube', 'Issuer': 'https://kube.example.com', 'Audience': ['a'] } ] }
            """,
            [
                "jwt: ci: who has a token of https://gitlab.example.com for a or b, saying x=1, y=2*",
                "jwt: kube: who has a token of https://kube.example.com for a",
                Everything,
            ]
        },
        {
            Local + ", 'Clients': { 'Ways': ['ecr'], 'Ecr': { 'Remember': '2m' } }",
            [
                "ecr: who has an ECR token; a yes of ECR's is believed for 2m, while it gives no answer for 12h",
                Everything + ", who has an ECR token what IAM lets them",
            ]
        },
        {
            Local + ", 'Clients': { 'Ways': ['ecr'], 'Rules': [{ 'Names': ['ecr:*'] }] }",
            [
                "ecr: who has an ECR token; a yes of ECR's is believed for 5m, while it gives no answer for 12h",
                "ecr:* may pull every repository",
                NothingElse + ", and who has an ECR token only what IAM lets them as well",
            ]
        },
        {
            """
            'Clients': { 'Rules': [
              { 'Repositories': ['public/*', 'base'] },
              { 'Names': ['ci-*', 'ann'], 'Groups': ['dev'], 'Networks': ['10.0.0.0/8'], 'Actions': ['push', 'pull'] },
              { 'Names': ['ops'], 'Actions': ['all'] },
              { 'Names': ['team'], 'Repositories': ['team/*'], 'Actions': ['all'] },
              { 'Names': ['watch'], 'Actions': ['admin'] } ] }
            """,
            [
                "none: everybody, as anonymous",
                "everybody may pull public/* or base",
                "ci-* or ann of group dev from 10.0.0.0/8 may pull, push every repository",
                "ops may pull, push, delete every repository; see the names of all repositories; see metrics",
                "team may pull, push, delete team/*",
                "watch may see metrics",
                NothingElse,
            ]
        },
    };

    /// <summary>What stands in the file, and the one note; none where it is empty.</summary>
    public static TheoryData<string, string> Notes => new()
    {
        {
            Wide + ", 'Clients': { 'PasswordFile': 'USERS' }",
            "passwords and tokens come to 10.0.0.1:5000 without TLS: who listens on the way has them too; "
                + "give Listen.Certificate and Listen.Key, unless a balancer ends TLS on the same network"
        },
        { Wide + ", 'Clients': { 'Networks': ['10.0.0.0/8'] }", "" },
        { Local + ", 'Clients': { 'PasswordFile': 'USERS' }", "" },
        {
            """
            'Listen': { 'Address': '10.0.0.1:5000', 'PlainAddress': '10.0.0.1:5002', 'Certificate': 'CERT', 'Key': 'KEY' },
            'Clients': { 'PasswordFile': 'USERS' }
            """,
            "passwords and tokens come to 10.0.0.1:5002 without TLS: who listens on the way has them too; "
                + "leave out Listen.PlainAddress, unless a balancer ends TLS on the same network"
        },
        {
            """
            'Listen': { 'Address': '10.0.0.1:5000', 'PlainAddress': '127.0.0.1:5002', 'Certificate': 'CERT', 'Key': 'KEY' },
            'Clients': { 'PasswordFile': 'USERS' }
            """,
            ""
        },
        { Local + ", 'Clients': { 'Ways': ['basic', 'none'], 'PasswordFile': 'USERS' }", Alone },
        { Local + ", 'Clients': { 'PasswordFile': 'USERS', 'Networks': ['10.0.0.0/8'] }", Alone },
        { Local + ", 'Clients': { 'PasswordFile': 'USERS', 'Challenge': 'bearer' }", Alone },
        { Local + ", 'Clients': { 'PasswordFile': 'USERS', 'Networks': ['10.0.0.0/8'], 'Challenge': 'basic' }", "" },
        { Local + ", 'Clients': { 'PasswordFile': 'USERS', 'Challenge': 'bearer', 'TokenSecretFile': 'SECRET' }", "" },
        {
            Local + ", 'Admin': { 'Address': '10.0.0.1:5001' }, 'Clients': { 'PasswordFile': 'USERS', 'Rules': [{ 'Names': ['ann'] }] }",
            "no rule has the action admin: Admin.Address 10.0.0.1:5001 tells metrics to this machine alone"
        },
        { Local + ", 'Admin': { 'Address': '10.0.0.1:5001' }, 'Clients': { 'Networks': ['10.0.0.0/8'] }", "" },
        {
            Local + ", 'Admin': { 'Address': '10.0.0.1:5001' }, 'Clients': { 'PasswordFile': 'USERS', 'Rules': [{ 'Actions': ['all'] }] }",
            ""
        },
        {
            Local + """
            , 'Admin': { 'Address': '10.0.0.1:5001', 'AllowAnonymous': true },
            'Clients': { 'PasswordFile': 'USERS', 'Rules': [{ 'Names': ['ann'] }] }
            """,
            ""
        },
    };

    private static string Alone => "tokens of /token are good only at the proxy that gave them, until it stops; "
        + "several behind one name need one Clients.TokenSecretFile";

    [Theory, MemberData(nameof(Settings))]
    public void WhoMayComeIn_IsALineForEachWayAndRule(string file, string[] expected)
    {
        var lines = ClientLines.Of(Read(file)).Where(line => line.Verdict is CheckVerdict.Well).Select(line => line.Text);

        Assert.Equal(expected.Select(text => "clients: " + WithFiles(text)), lines);
    }

    [Theory, MemberData(nameof(Notes))]
    public void WhatSomebodyMayNotExpect_IsANote(string file, string expected)
    {
        var notes = ClientLines.Of(Read(file)).Where(line => line.Verdict is not CheckVerdict.Well);

        Assert.Equal(expected.Length == 0 ? [] : [CheckLine.Note(expected)], notes);
    }

    [Theory]
    [InlineData("", "anonymous; no rules")]
    [InlineData("'Clients': { 'Ways': ['ecr', 'networks'], 'Networks': ['10.0.0.0/8'] }", "ecr, networks (1); no rules")]
    [InlineData(
        "'Clients': { 'Ways': ['basic', 'none'], 'PasswordFile': 'USERS', 'Rules': [{ 'Names': ['ann'] }, { 'Groups': ['x'] }] }",
        "basic (2 users), anonymous; 2 rules")]
    [InlineData(
        "'Clients': { 'Issuers': [{ 'Name': 'ci', 'Issuer': 'https://x.example', 'Audience': ['a'] }], 'Rules': [{ 'Groups': ['x'] }] }",
        "jwt (1 issuer); 1 rule")]
    public void StartOfTheLog_HasItInAFewWords(string file, string expected) =>
        Assert.Equal(expected, ClientLines.Short(Read(file).Clients));

    public void Dispose() => _files.Dispose();

    private ProxySettings Read(string file)
    {
        _files.Write("users", $"# people\nann:{Hash}\n\nbob:{Hash}\n");
        _files.Write("secret", new string('s', 40));
        _files.WriteCertificate("ca", Expires);
        var (result, _) = RuleFile.Read("{" + WithFiles(file).Replace('\'', '"') + "}");
        Assert.Empty(result.Errors);
        return result.Settings!;
    }

    private static string Hash { get; } = BCrypt.Net.BCrypt.HashPassword("right", 4);

    private string WithFiles(string text) => text
        .Replace("USERS", _files.PathOf("users"), StringComparison.Ordinal)
        .Replace("SECRET", _files.PathOf("secret"), StringComparison.Ordinal)
        .Replace("CERT", _files.PathOf("ca.crt"), StringComparison.Ordinal)
        .Replace("KEY", _files.PathOf("ca.key"), StringComparison.Ordinal);
}
