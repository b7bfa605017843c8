using System.Text;
using System.Text.Json.Nodes;
using FastEcrProxy.Clients;
using FastEcrProxy.Server;
using FastEcrProxy.Tests.Clients;

namespace FastEcrProxy.Tests.Server;

/// <summary>Issuers as people write them, and one sentence for each mistake.</summary>
public sealed class IssuerSettingsTests : IDisposable
{
    private readonly TestFiles _files = new();

    [Fact]
    public void Issuer_IsReadAsItIsWritten()
    {
        var (certificate, _) = _files.WriteCertificate("ca", new DateTimeOffset(2035, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var (issuers, errors) = Read(Issuer(issuer =>
        {
            issuer["Audience"] = new JsonArray("registry.example.com", "other");
            issuer["NameClaim"] = "/kubernetes.io/serviceaccount/name";
            issuer["GroupsClaim"] = "groups";
            issuer["RequiredClaims"] = new JsonArray("a=b", "/c/d=e*=f");
            issuer["KeysUri"] = "https://keys.example.com/jwks?v=1";
            issuer["CaFile"] = certificate;
        }));

        Assert.Empty(errors);
        var options = Assert.Single(issuers);
        Assert.Equal(("ci", "https://issuer.example.com"), (options.Name, options.Issuer));
        Assert.Equal(["registry.example.com", "other"], options.Audiences);
        Assert.Equal("/kubernetes.io/serviceaccount/name", options.NameClaim!.ToString());
        Assert.Equal("groups", options.GroupsClaim!.ToString());
        Assert.Equal(["a=b", "/c/d=e*=f"], options.RequiredClaims.Select(claim => claim.ToString()));
        Assert.Equal("https://keys.example.com/jwks?v=1", options.KeysUri!.ToString());
        Assert.Equal("CN=ca", Assert.Single(options.ExtraCertificates!).Subject);
    }

    [Fact]
    public void LittleIsNeeded()
    {
        var (issuers, errors) = Read(Issuer());

        Assert.Empty(errors);
        var options = Assert.Single(issuers);
        Assert.Equal("sub", options.NameClaim!.ToString());
        Assert.Null(options.GroupsClaim);
        Assert.Empty(options.RequiredClaims);
        Assert.Null(options.ExtraCertificates);
    }

    [Theory]
    [InlineData("Name", null, "Clients.Issuers.0.Name: is needed; write \"Name\": \"github\"")]
    [InlineData("Name", "Ci", "not a name")]
    [InlineData("Name", "cert", "is what names of callers begin with who are known otherwise")]
    [InlineData("Name", "ecr", "is what names of callers begin with who are known otherwise")]
    [InlineData("Issuer", null, "Clients.Issuers.0.Issuer: is needed")]
    [InlineData("Issuer", "http://issuer.example.com", "is not an https address")]
    [InlineData("Issuer", "https://issuer.example.com/?a=b", "is not an https address")]
    [InlineData("Issuer", "kubernetes/serviceaccount", "is not an https address")]
    [InlineData("Issuer", "/var/run", "is not an https address")]
    [InlineData("Audience", null, "Clients.Issuers.0.Audience: is needed")]
    [InlineData("Audience", ",", "is needed")]
    [InlineData("NameClaim", "/", "names no claim")]
    [InlineData("GroupsClaim", "/a//b", "names no claim")]
    [InlineData("RequiredClaims", "owner", "owner requires nothing; write repository_owner=acme")]
    [InlineData("RequiredClaims", "owner=", "owner= requires nothing")]
    [InlineData("RequiredClaims", "=acme", "=acme requires nothing")]
    [InlineData("KeysUri", "http://keys.example.com/jwks", "not the address of a document")]
    [InlineData("KeysUri", "https://user:secret@keys.example.com/jwks", "not the address of a document")]
    [InlineData("KeysFile", "/nowhere/keys.json", "there is no such file")]
    [InlineData("CaFile", "/nowhere/ca.pem", "there is no such file")]
    [InlineData("Claims", "a=b", "unknown")]
    public void Mistake_IsOneSentence(string field, string? value, string problem)
    {
        var errors = Read(Issuer(issuer =>
        {
            issuer.Remove(field);
            if (value is not null)
            {
                issuer[field] = value;
            }
        })).Errors;

        Assert.Contains(problem, Assert.Single(errors), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void KeysFile_NeedsNoAddressAndTakesNoOther()
    {
        var keys = _files.Write("keys.json", Encoding.UTF8.GetString(new TestIssuer().KeySet));
        Assert.Empty(Read(Issuer(issuer => (issuer["Issuer"], issuer["KeysFile"]) = ("kubernetes/serviceaccount", keys))).Errors);

        var errors = Read(Issuer(issuer => (issuer["KeysUri"], issuer["KeysFile"]) = ("https://keys.example.com", keys))).Errors;

        Assert.Contains("has no use with KeysFile", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public void FilesWithSomethingElse_AreRefused()
    {
        var text = _files.Write("notes.txt", "call the network people");

        var errors = Read(
            Issuer(issuer => issuer["KeysFile"] = text), Issuer(issuer => (issuer["Name"], issuer["CaFile"]) = ("b", text))).Errors;

        Assert.Equal(2, errors.Count);
        Assert.Contains("there is no key in it", errors[0], StringComparison.Ordinal);
        Assert.Contains("there is no whole certificate in it", errors[1], StringComparison.Ordinal);
    }

    [Fact]
    public void TwoOfOneName_AreRefused() =>
        Assert.Contains("another issuer has that name", Assert.Single(Read(Issuer(), Issuer()).Errors), StringComparison.Ordinal);

    [Theory]
    [InlineData("https://token.actions.githubusercontent.com", "actor=me", false)]
    [InlineData("https://token.actions.githubusercontent.com", "ref=refs/heads/main", false)]
    [InlineData("https://token.actions.githubusercontent.com", "repository_owner=*", false)]
    [InlineData("https://token.actions.githubusercontent.com", "repository_owner=acme*", false)]
    [InlineData("https://token.actions.githubusercontent.com", "repository=*/app", false)]
    [InlineData("https://token.actions.githubusercontent.com", "sub=repo:*", false)]
    [InlineData("https://token.actions.githubusercontent.com", "job_workflow_ref=acme/ci/x@refs/heads/main", false)]
    [InlineData("https://token.actions.githubusercontent.com", "repository_owner=acme", true)]
    [InlineData("https://token.actions.githubusercontent.com", "repository=acme/*", true)]
    [InlineData("https://token.actions.githubusercontent.com", "ref=refs/heads/*,sub=repo:acme/*", true)]
    [InlineData("https://gitlab.com", "ref=main", false)]
    [InlineData("https://gitlab.com", "namespace_path=acme", true)]
    [InlineData("https://gitlab.com", "project_path=acme/*", true)]
    [InlineData("https://gitlab.example.com", "ref=main", true)]
    public void IssuerOfEverybody_NeedsAnOwner(string address, string required, bool isGood)
    {
        var errors = Read(Issuer(issuer => (issuer["Issuer"], issuer["RequiredClaims"]) = (address, required))).Errors;

        Assert.Equal(isGood ? 0 : 1, errors.Count);
        Assert.All(errors, error => Assert.Contains("gives tokens to everybody; say whose are meant", error, StringComparison.Ordinal));
    }

    [Fact]
    public void IssuerOfEverybodyWithNothingRequired_IsRefusedByName() => Assert.Contains(
        "Clients.Issuers.0.RequiredClaims: https://gitlab.com gives tokens to everybody",
        Assert.Single(Read(Issuer(issuer => issuer["Issuer"] = "https://gitlab.com")).Errors),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("OIDC tokens", 3)]
    [InlineData("Client certificates", 0)]
    public void ExamplesOfTheManual_AreGood(string section, int count)
    {
        var page = SourceTree.All.Single(file => file.Path == "docs/clients.md").Text;
        var text = page[page.IndexOf($"## {section}\n", StringComparison.Ordinal)..].Split("\n## ")[0];
        var examples = text.Split("```json\n").Skip(1).Select(part => part.Split("```")[0])
            .Where(json => json.Contains("Clients")).ToList();
        Assert.NotEmpty(examples);

        foreach (var example in examples)
        {
            // The files are the reader's own.
            var json = example.Replace("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt", _files.WriteCertificate(
                "ca", new DateTimeOffset(2035, 1, 1, 0, 0, 0, TimeSpan.Zero)).Certificate, StringComparison.Ordinal);
            var (issuers, errors) = ReadFile(json);
            Assert.Empty(errors);
            count -= issuers.Count;
        }

        Assert.Equal(0, count);
    }

    public void Dispose() => _files.Dispose();

    private static JsonObject Issuer(Action<JsonObject>? change = null)
    {
        var issuer = new JsonObject { ["Name"] = "ci", ["Issuer"] = TestIssuer.Url, ["Audience"] = "registry.example.com" };
        change?.Invoke(issuer);
        return issuer;
    }

    private (IReadOnlyList<IssuerOptions> Issuers, IReadOnlyList<string> Errors) Read(params JsonNode[] issuers) =>
        ReadFile(new JsonObject { ["Clients"] = new JsonObject { ["Issuers"] = new JsonArray(issuers) } }.ToJsonString());

    private (IReadOnlyList<IssuerOptions> Issuers, IReadOnlyList<string> Errors) ReadFile(string json)
    {
        var values = new SettingValues(SettingSources.Collect(new SettingsInput { ConfigFile = _files.Write("config.json", json) }));
        var issuers = IssuerSettings.Read(values, null);
        return (issuers, [.. values.Errors.Select(error => error.ToString())]);
    }
}
