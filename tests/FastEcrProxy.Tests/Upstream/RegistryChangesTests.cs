using System.Text;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class RegistryChangesTests : IDisposable
{
    private const string Manifests = "https://registry.example/v2/team/app/manifests/";
    private const string TagTaken = """{"errors":[{"code":"TAG_INVALID","message":"The image tag '1.0' already exists"}]}""";

    private static readonly RequestBytes Manifest = new(Encoding.ASCII.GetBytes("{}"), "application/vnd.oci.image.manifest.v1+json");
    private static readonly Digest Named = Digest.Of("{}"u8);

    private readonly StubbedRegistry _stubbed = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _stubbed.Dispose();

    [Fact]
    public async Task Manifest_IsSentAsItIs()
    {
        var came = new MemoryStream();
        _stubbed.Registry.Takes(came, () => Answers.Of(201).With("OCI-Subject", Named.ToString()).With("OCI-Tag", "a"));

        var (pushed, _) = await PutAsync(new Reference(Named), "a", "b");

        Assert.Equal("{}"u8.ToArray(), came.ToArray());
        Assert.Equal([$"PUT {Manifests}{Named}?tag=a&tag=b"], _stubbed.Registry.Asked);
        Assert.Equal(Manifest.MediaType, _stubbed.Registry.Last.Content!.Headers.NonValidated["Content-Type"].ToString());
        Assert.Equal((Named, Named.ToString()), (pushed!.Digest, pushed.Subject));
        Assert.Equal(["a"], pushed.Tags);
    }

    [Fact]
    public async Task OtherDigestThanTheBytes_IsNotBelieved()
    {
        _stubbed.Registry.Answers(() => Answers.Of(201).With("Docker-Content-Digest", Digest.Of("[]"u8).ToString()));

        Assert.Equal(FetchError.DigestMismatch, (await PutAsync(StubbedRegistry.Tag)).Failure!.Error);
    }

    [Fact]
    public async Task SignedManifest_HasTheDigestThatTheRegistryFinds()
    {
        var other = Digest.Of("[]"u8);
        _stubbed.Registry.Answers(() => Answers.Of(201).With("Docker-Content-Digest", other.ToString()));
        var signed = Manifest with { MediaType = "application/vnd.docker.distribution.manifest.v1+prettyjws" };

        var (pushed, _) = await _stubbed.Client.Changes.PutManifestAsync(StubbedRegistry.App, StubbedRegistry.Tag, [], signed, Cancel);

        Assert.Equal(other, pushed!.Digest);
    }

    [Fact]
    public async Task TakenTagWithTheSameManifest_IsDone()
    {
        _stubbed.Registry.Answers(() => Answers.Of(400, TagTaken))
            .Answers(() => Answers.Of(200).With("Docker-Content-Digest", Named.ToString()));

        Assert.Equal(Named, (await PutAsync(StubbedRegistry.Tag)).Value!.Digest);
        Assert.Equal([$"PUT {Manifests}1.0", $"HEAD {Manifests}1.0"], _stubbed.Registry.Asked);
        Assert.Equal(Manifest.MediaType, _stubbed.Registry.Last.Headers.Accept.ToString());
    }

    [Fact]
    public async Task TakenTagWithAnotherManifest_IsRefused()
    {
        _stubbed.Registry.Answers(() => Answers.Of(400, TagTaken))
            .Answers(() => Answers.Of(200).With("Docker-Content-Digest", Digest.Of("[]"u8).ToString()));

        var failure = (await PutAsync(StubbedRegistry.Tag)).Failure!;

        Assert.Equal((FetchError.Refused, "TAG_INVALID", 400), (failure.Error, failure.Code, failure.Status));
    }

    [Fact]
    public async Task LostAnswer_IsFoundOut()
    {
        _stubbed.Registry.Fails(new HttpRequestException(HttpRequestError.ResponseEnded))
            .Answers(() => Answers.Of(200).With("Docker-Content-Digest", Named.ToString()));

        Assert.Equal(Named, (await PutAsync(StubbedRegistry.Tag)).Value!.Digest);
    }

    [Theory]
    [InlineData(500, "Unreachable")]
    [InlineData(429, "Throttled")]
    [InlineData(404, "NotFound")]
    public async Task OtherAnswers_AreTheRegistrysWordAndNotAskedAgain(int status, string error)
    {
        _stubbed.Registry.Answers(() => Answers.Of(status));

        Assert.Equal(Enum.Parse<FetchError>(error), (await PutAsync(StubbedRegistry.Tag)).Failure!.Error);
        Assert.Single(_stubbed.Registry.Asked);
    }

    [Fact]
    public async Task Deletion_IsAskedForOnce()
    {
        _stubbed.Registry.Answers(() => Answers.Of(202)).Answers(() => Answers.Of(503)).Answers(() => Answers.Of(202));

        Assert.Null(await _stubbed.Client.Changes.DeleteManifestAsync(StubbedRegistry.App, StubbedRegistry.Tag, Cancel));
        Assert.NotNull(await _stubbed.Client.Changes.DeleteManifestAsync(StubbedRegistry.App, StubbedRegistry.Tag, Cancel));
        Assert.Null(await _stubbed.Client.Changes.DeleteBlobAsync(StubbedRegistry.App, Named, Cancel));
        Assert.Equal(
            [$"DELETE {Manifests}1.0", $"DELETE {Manifests}1.0", $"DELETE https://registry.example/v2/team/app/blobs/{Named}"],
            _stubbed.Registry.Asked);
    }

    private ValueTask<Fetched<PushedManifest>> PutAsync(Reference reference, params string[] tags) =>
        _stubbed.Client.Changes.PutManifestAsync(StubbedRegistry.App, reference, tags, Manifest, Cancel);
}
