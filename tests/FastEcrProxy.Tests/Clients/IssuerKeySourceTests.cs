using System.Text;
using System.Text.Json.Nodes;
using FastEcrProxy.Clients;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Server;

namespace FastEcrProxy.Tests.Clients;

/// <summary>Where keys come from, and which are taken.</summary>
public sealed class IssuerKeySourceTests : IDisposable
{
    private static readonly IssuerOptions Options = new() { Name = "ci", Issuer = TestIssuer.Url, Audiences = ["x"] };

    private readonly TestFiles _files = new();
    private readonly TestIssuer _issuer = new();

    [Fact]
    public async Task KeysUri_IsAskedAlone()
    {
        var asked = new List<Uri>();
        var source = new IssuerKeySource(Options with { KeysUri = new Uri("https://elsewhere.example.com/jwks") }, (address, _) =>
        {
            asked.Add(address);
            return Task.FromResult<Fetched<byte[]>>(_issuer.KeySet);
        });

        Assert.NotNull((await source.LoadAsync(CancellationToken.None)).Value);
        Assert.Equal(["https://elsewhere.example.com/jwks"], asked.Select(address => address.ToString()));
    }

    [Theory]
    [InlineData("https://issuer.example.com", "https://keys.example.com/k?v=1", "https://keys.example.com/k?v=1")]
    [InlineData("https://issuer.example.com/", "https://keys.example.com/k", null)]
    [InlineData("https://other.example.com", "https://keys.example.com/k", null)]
    [InlineData("https://issuer.example.com", "http://keys.example.com/k", null)]
    [InlineData("https://issuer.example.com", "http://127.0.0.1/k", null)]
    [InlineData("https://issuer.example.com", "https://user:secret@keys.example.com/k", null)]
    [InlineData("https://issuer.example.com", "file:///etc/passwd", null)]
    [InlineData("https://issuer.example.com", "/keys", null)]
    public async Task Configuration_SaysWhereTheKeysAre(string issuer, string keys, string? asked)
    {
        var last = "";
        var source = new IssuerKeySource(Options, (address, _) =>
        {
            last = address.ToString();
            var isConfiguration = last == TestIssuer.Url + "/.well-known/openid-configuration";
            return Task.FromResult<Fetched<byte[]>>(isConfiguration ? TestIssuer.Configuration(issuer, keys) : _issuer.KeySet);
        });

        var loaded = await source.LoadAsync(CancellationToken.None);

        Assert.Equal(asked is not null, loaded.Value is not null);
        Assert.Equal(asked ?? TestIssuer.Url + "/.well-known/openid-configuration", last);
        Assert.Equal(asked is null ? FetchError.BadAnswer : null, loaded.Failure?.Error);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("<html>")]
    [InlineData("{\"issuer\":7,\"jwks_uri\":[]}")]
    [InlineData("{\"issuer\":\"\\ud800\",\"keys\":[{\"kty\":\"RSA\",\"kid\":\"\\ud800\"}]}")]
    [InlineData("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"!\",\"e\":\"AQAB\"},7,null]}")]
    public async Task DocumentsThatAreNone_AreSaidToBeNone(string text)
    {
        var source = new IssuerKeySource(Options, (_, _) => Task.FromResult<Fetched<byte[]>>(Encoding.UTF8.GetBytes(text)));

        Assert.Equal(FetchError.BadAnswer, (await source.LoadAsync(CancellationToken.None)).Failure?.Error);
        Assert.NotNull(SigningKeys.Read(Encoding.UTF8.GetBytes(text), "it").Failure);
    }

    [Fact]
    public void KeysThatNothingCanBeCheckedWith_AreLeftOut()
    {
        var issuer = new TestIssuer(withKey: false)
            .AddRsa("short", bits: 1024)
            .AddRsa("sealing", change: key => key["use"] = "enc")
            .AddRsa("nameless", change: key => key.Remove("kid"))
            .AddRsa("shared", change: key => (key["kty"], key["k"]) = ("oct", "c2VjcmV0"))
            .AddRsa("foreign", change: key => key["alg"] = "RSA-OAEP")
            .AddEc("curved", "P-256", change: key => key["crv"] = "secp256k1")
            .AddEc("signing", "P-256", change: key => key["key_ops"] = new JsonArray("sign"));
        Assert.NotNull(SigningKeys.Read(issuer.KeySet, "it").Failure);

        issuer.AddRsa("good", change: key => key["alg"] = "PS256");

        var keys = SigningKeys.Read(issuer.KeySet, "it").Value!;
        Assert.Equal(1, keys.Count);
        Assert.NotNull(keys.Find("good", "PS256"));
        Assert.Null(keys.Find("good", "RS256")); // the issuer says what it is for
    }

    [Fact]
    public void KeysFile_IsReadAnewWhenItChanges()
    {
        var path = _files.Write("keys.json", Encoding.UTF8.GetString(_issuer.KeySet));
        using var rig = new JwtRig(_issuer);
        rig.Options[0] = rig.Options[0] with { KeysFile = path };
        Assert.NotNull(rig.Recognise(_issuer.Sign(rig.Claims)).Caller);

        _issuer.AddEc("new", "P-256");
        _issuer.Withdraw("rsa");
        File.WriteAllBytes(path, _issuer.KeySet);
        rig.Time.Advance(KeyTimes.OfFile.Again);

        Assert.NotNull(rig.Recognise(_issuer.Sign(rig.Claims, "new", "ES256")).Caller);
        Assert.NotNull(rig.Recognise(_issuer.Sign(rig.Claims)).Refusal);
        Assert.Empty(rig.Fetched);
    }

    [Fact]
    public void KeysFileThatGoesAwayOrBreaks_LeavesItsKeysInUse()
    {
        var path = _files.Write("keys.json", Encoding.UTF8.GetString(_issuer.KeySet));
        using var rig = new JwtRig(_issuer);
        rig.Options[0] = rig.Options[0] with { KeysFile = path };
        Assert.NotNull(rig.Recognise(_issuer.Sign(rig.Claims)).Caller);
        var claims = rig.Claims;
        claims["jti"] = "another";

        File.Delete(path);
        rig.Time.Advance(KeyTimes.OfFile.Again);

        Assert.NotNull(rig.Recognise(_issuer.Sign(claims)).Caller);
        Assert.Contains("those at hand stay in use", rig.Log.Text, StringComparison.Ordinal);
    }

    public void Dispose() => _files.Dispose();
}
