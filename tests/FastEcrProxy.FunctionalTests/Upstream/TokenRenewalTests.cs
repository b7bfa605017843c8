using FastEcrProxy.LocalEcr;
using FastEcrProxy.Oci;

namespace FastEcrProxy.FunctionalTests.Upstream;

public sealed class TokenRenewalTests
{
    private const string Expired =
        """{"errors":[{"code":"DENIED","message":"Your authorization token has expired. Reauthenticate and try again."}]}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ExpiredToken_IsRenewedForGet()
    {
        await using var rig = await UpstreamRig.StartAsync();
        await rig.GetManifestAsync();
        rig.Local.Faults.ExpireAllTokens();

        var (manifest, _) = await rig.GetManifestAsync();

        Assert.Equal(rig.Manifest, manifest!.Bytes.ToArray());
        Assert.Equal(["t1", "t1", "t2"], rig.TokensSeen());
    }

    [Fact]
    public async Task ExpiredToken_IsRenewedForHead_WhichIsRefusedWithoutAWord()
    {
        await using var rig = await UpstreamRig.StartAsync();
        await rig.GetManifestAsync();
        rig.Local.Faults.ExpireAllTokens();

        var (head, _) = await rig.Client.HeadManifestAsync(UpstreamRig.App, UpstreamRig.Tag, [UpstreamRig.MediaType], Cancel);

        Assert.Equal(Digest.Of(rig.Manifest), head!.Digest);
        Assert.Equal(["t1", "t1", "t2"], rig.TokensSeen());
    }

    [Theory]
    [InlineData(401, "Not Authorized\n", "text/plain")]
    [InlineData(400, Expired, "application/json")]
    [InlineData(403, Expired, "application/json")]
    public async Task EveryKindOfRefusal_LeadsToANewToken(int status, string body, string contentType)
    {
        await using var rig = await UpstreamRig.StartAsync();
        rig.Local.Faults.Answer(RequestKind.GetBlob, status, body: body, contentType: contentType);

        var (bytes, _) = await rig.ReadAsync(rig.Source());

        Assert.Equal(rig.Layer, bytes);
        Assert.Equal(["t1", "t2"], rig.TokensSeen());
    }

    [Fact]
    public async Task MissingPermission_NamesPrincipalAndAction()
    {
        await using var rig = await UpstreamRig.StartAsync();
        rig.Local.Faults.DenyIam();

        var get = (await rig.GetManifestAsync()).Failure;
        var head = (await rig.Client.HeadManifestAsync(UpstreamRig.App, UpstreamRig.Tag, [], Cancel)).Failure;
        var blob = (await rig.Client.HeadBlobAsync(UpstreamRig.App, rig.LayerDigest, Cancel)).Failure;

        Assert.All([get, head, blob], failure => Assert.Equal((FetchError.Refused, "DENIED"), (failure!.Error, failure.Code)));
        Assert.Contains("is not authorized to perform: ecr:BatchGetImage", get!.Reason, StringComparison.Ordinal);
        Assert.Contains("is not authorized to perform: ecr:BatchGetImage", head!.Reason, StringComparison.Ordinal);
        Assert.Contains("is not authorized to perform: ecr:GetDownloadUrlForLayer", blob!.Reason, StringComparison.Ordinal);
        Assert.Contains(rig.Local.Registry.Authority, get.Reason, StringComparison.Ordinal);
    }
}
