using System.IO.Pipelines;
using FastEcrProxy.Ecr;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class RegistryUploadsTests : IDisposable
{
    private const string Uploads = "https://registry.example/v2/team/app/blobs/uploads/";
    private const string NoRepository =
        """{"errors":[{"code":"NAME_UNKNOWN","message":"The repository with name 'team/app' does not exist"}]}""";

    private static readonly UploadSession Session = new("abc", "_state=x%2F");
    private static readonly byte[] Layer = [1, 2, 3, 4, 5];

    private readonly StubbedRegistry _stubbed = new();
    private readonly List<string> _made = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Repository App => StubbedRegistry.App;

    public void Dispose() => _stubbed.Dispose();

    [Fact]
    public async Task Beginning_SaysWhereItGoesOn()
    {
        _stubbed.Registry.Answers(() => Answers.Of(202)
            .With("Location", Uploads + "abc?_state=x%2F").With("Range", "0-0")
            .With("Docker-Upload-UUID", "u").With("OCI-Chunk-Min-Length", "5"));

        var (reply, _) = await Client().StartAsync(App, new UploadStart(), Cancel);

        Assert.Equal((Session, "u", "5", null), (reply!.Session, reply.Id, reply.ChunkLengthLeast, reply.ReceivedBytes));
        Assert.Equal(["POST " + Uploads], _stubbed.Registry.Asked);
        Assert.Null(_stubbed.Registry.Last.Content);
    }

    [Fact]
    public async Task Mount_IsAskedForAndMayBeDone()
    {
        _stubbed.Registry.Answers(() => Answers.Of(201));
        Assert.True(Repository.TryParse("team/base", out var from));
        var start = new UploadStart { Mount = Digests.Parse(Digests.Sha256A), From = from };

        var (reply, _) = await Client().StartAsync(App, start, Cancel);

        Assert.Null(reply!.Session);
        Assert.Equal(
            [$"POST {Uploads}?mount={Uri.EscapeDataString(Digests.Sha256A)}&from=team%2Fbase"], _stubbed.Registry.Asked);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(201)]
    [InlineData(202)]
    [InlineData(204)]
    public async Task Chunk_IsTakenWithAnyGoodStatus(int status)
    {
        var came = new MemoryStream();
        _stubbed.Registry.Takes(came, () => Answers.Of(status).With("Range", "0-4"));
        using var body = Body(Layer, length: null);
        body.Describe("application/octet-stream", "0-4");

        var (reply, _) = await Client().AppendAsync(App, Session, body, Cancel);

        Assert.Equal((Session, 5L, false), (reply!.Session, reply.ReceivedBytes, reply.IsCreated));
        Assert.Equal(Layer, came.ToArray());
        Assert.Equal((UploadEnd.Whole, 5, 5), (body.End, body.SentBytes, body.ReceivedBytes));
        Assert.Equal([$"PATCH {Uploads}abc?_state=x%2F"], _stubbed.Registry.Asked);
        Assert.Equal("0-4", _stubbed.Registry.Last.Content!.Headers.NonValidated["Content-Range"].ToString());
    }

    [Fact]
    public async Task End_SaysWhetherTheLayerIsThere()
    {
        _stubbed.Registry.Takes(new MemoryStream(), () => Answers.Of(201)).Answers(() => Answers.Of(202));
        using var body = Body(Layer, Layer.Length);

        var (created, _) = await Client().FinishAsync(App, Session, body, Cancel);
        var (taken, _) = await Client().FinishAsync(App, Session, null, Cancel);

        Assert.Equal((true, false), (created!.IsCreated, taken!.IsCreated));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    public async Task BodyAndEnd_AreNeverSentAgain(int status)
    {
        _stubbed.Registry.Takes(new MemoryStream(), () => Answers.Of(status)).Answers(() => Answers.Of(status));
        using var body = Body(Layer, Layer.Length);

        Assert.NotNull((await Client().AppendAsync(App, Session, body, Cancel)).Failure);
        Assert.NotNull((await Client().FinishAsync(App, Session, null, Cancel)).Failure);
        Assert.Equal(2, _stubbed.Registry.Asked.Count);
    }

    [Fact]
    public async Task BeginningAtABusyRegistry_IsTriedOnceMore()
    {
        _stubbed.Registry.Answers(() => Answers.Of(503)).Answers(() => Answers.Of(202).With("Location", "/v2/team/app/blobs/uploads/abc"));

        var (reply, _) = await _stubbed.ElapseAsync(Client().StartAsync(App, new UploadStart(), Cancel));

        Assert.Equal(new UploadSession("abc", ""), reply!.Session);
    }

    [Fact]
    public async Task ClientThatBreaksOff_IsNoFailureOfTheRegistry()
    {
        var client = new Pipe();
        await client.Writer.WriteAsync(Layer, Cancel);
        await client.Writer.CompleteAsync(new IOException("gone"));
        using var body = new UploadBody(client.Reader, 100, TimeSpan.FromSeconds(1), _stubbed.Time);
        _stubbed.Registry.Takes(new MemoryStream(), () => Answers.Of(202));

        var (_, failure) = await Client().AppendAsync(App, Session, body, Cancel);

        Assert.Equal((FetchError.Unwanted, "The client's body broke off: gone."), (failure!.Error, failure.Reason));
        Assert.Equal(UploadEnd.ClientLeft, body.End);
        Assert.Empty(_stubbed.Log.Ids);
        Assert.Empty(_stubbed.Measured.Recorded());
    }

    [Fact]
    public async Task MissingRepository_IsSaidWithWhatToDo()
    {
        _stubbed.Registry.Answers(() => Answers.Of(404, NoRepository));

        var (_, failure) = await Client().StartAsync(App, new UploadStart(), Cancel);

        Assert.Equal((FetchError.NotFound, "NAME_UNKNOWN"), (failure!.Error, failure.Code));
        Assert.Contains("does not exist", failure.Reason, StringComparison.Ordinal);
        Assert.Contains("CreateRepositories", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MissingRepository_IsMadeOnceAndAskedAgain()
    {
        _stubbed.Registry.Answers(() => Answers.Of(404, NoRepository), times: 2);

        var (_, failure) = await Client(Creator()).StartAsync(App, new UploadStart(), Cancel);

        Assert.Equal(FetchError.NotFound, failure!.Error); // still: it is not tried for ever
        Assert.Equal(["team/app"], _made);
    }

    [Theory]
    [InlineData(404, "BLOB_UNKNOWN")]
    [InlineData(403, "DENIED")]
    [InlineData(400, "NAME_INVALID")]
    public async Task OtherRefusals_MakeNothing(int status, string code)
    {
        _stubbed.Registry.Answers(() => Answers.Of(status, $$"""{"errors":[{"code":"{{code}}","message":"no"}]}"""));

        Assert.NotNull((await Client(Creator()).StartAsync(App, new UploadStart(), Cancel)).Failure);
        Assert.Empty(_made);
    }

    [Fact]
    public async Task RepositoryThatCannotBeMade_IsWhyThePushFails()
    {
        _stubbed.Registry.Answers(() => Answers.Of(404, NoRepository));
        var creator = new RepositoryCreator(
            (_, _) => Task.FromResult<EcrFailure?>(new EcrFailure(EcrError.AccessDenied, "allow ecr:CreateRepository")));

        var (_, failure) = await Client(creator).StartAsync(App, new UploadStart(), Cancel);

        Assert.Equal(FetchError.Refused, failure!.Error);
        Assert.Equal("Repository team/app does not exist and could not be made: allow ecr:CreateRepository.", failure.Reason);
    }

    [Fact]
    public async Task BodyAtARegistryWithTokens_IsSentWhenTheTokenIsProved()
    {
        var aws = new FixedToken(_stubbed.Time.GetUtcNow() + TimeSpan.FromHours(12));
        using var stubbed = new StubbedRegistry(new UpstreamOptions { Endpoint = new Uri("https://registry.example") }, aws);
        stubbed.Registry.Answers(() => Answers.Of(200)).Takes(new MemoryStream(), () => Answers.Of(202))
            .Takes(new MemoryStream(), () => Answers.Of(202));
        using var first = Body(Layer, Layer.Length);
        using var second = Body(Layer, Layer.Length);

        await stubbed.Client.Uploads(null).AppendAsync(App, Session, first, Cancel);
        await stubbed.Client.Uploads(null).AppendAsync(App, Session, second, Cancel);

        Assert.Equal(
            ["GET https://registry.example/v2/", $"PATCH {Uploads}abc?_state=x%2F", $"PATCH {Uploads}abc?_state=x%2F"],
            stubbed.Registry.Asked);
    }

    [Theory]
    [InlineData(30, "Basic two")]
    [InlineData(90, "Basic one")]
    public async Task TokenThatIsNearlyOver_IsReplacedBeforeTheBody(int secondsLeft, string shown)
    {
        var now = _stubbed.Time.GetUtcNow();
        var aws = new FixedToken(now.AddSeconds(secondsLeft), now.AddHours(12));
        using var stubbed = new StubbedRegistry(new UpstreamOptions { Endpoint = new Uri("https://registry.example") }, aws);
        stubbed.Registry.Answers(() => Answers.Of(200)).Takes(new MemoryStream(), () => Answers.Of(202));
        using var body = Body(Layer, Layer.Length);

        var (reply, _) = await stubbed.Client.Uploads(null).AppendAsync(App, Session, body, Cancel);

        Assert.NotNull(reply);
        Assert.Equal(shown, stubbed.Registry.Last.Headers.NonValidated["Authorization"].ToString());
    }

    private RegistryUploads Client(RepositoryCreator? creator = null) => _stubbed.Client.Uploads(creator);

    private RepositoryCreator Creator() => new((repository, _) =>
    {
        _made.Add(repository.ToString());
        return Task.FromResult<EcrFailure?>(null);
    });

    private UploadBody Body(byte[] bytes, long? length) =>
        new(PipeReader.Create(new MemoryStream(bytes)), length, TimeSpan.FromSeconds(1), _stubbed.Time);

    /// <summary>An AWS that gives a token that is good until then, and later another.</summary>
    private sealed class FixedToken(DateTimeOffset until, DateTimeOffset? later = null) : IEcrApi
    {
        private int _given;

        public Task<(EcrToken? Token, EcrFailure? Failure)> GetTokenAsync(CancellationToken cancel) =>
            Task.FromResult<(EcrToken?, EcrFailure?)>((++_given == 1 ? One : Two, null));

        private EcrToken One => new("Basic one", until, null);

        private EcrToken Two => new("Basic two", later ?? until, null);
    }
}
