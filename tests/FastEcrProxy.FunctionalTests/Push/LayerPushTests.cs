using FastEcrProxy.FunctionalTests.LocalEcr;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.FunctionalTests.Push;

/// <summary>Every way in which clients send a layer, before a registry with ECR's habits and before one by the book.</summary>
public sealed class LayerPushTests
{
    private const int Length = 3_000_000;

    private static readonly byte[] Layer = PushRig.Bytes(Length);
    private static readonly string Digest = Pusher.DigestOf(Layer);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<bool> ByTheBook => [true, false];

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task OneChunkOfUnknownLength_AsDockerSendsIt(bool byTheBook)
    {
        await using var rig = await StartAsync(byTheBook);
        using var started = await rig.Client.SendAsync(HttpMethod.Post, $"/v2/{PushRig.Repository}/blobs/uploads/");
        var location = AssertGoesOn(started, 202, "0-0");

        using var patched = await rig.Client.SendAsync(HttpMethod.Patch, location, new StreamContent(new UnknownLength(Layer)));
        location = AssertGoesOn(patched, 202, $"0-{Length - 1}");
        using var finished = await rig.Client.FinishAsync(location, Digest);

        await AssertPushedAsync(rig, finished);
    }

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task OnePut_AsContainerdSendsIt(bool byTheBook)
    {
        await using var rig = await StartAsync(byTheBook);

        using var finished = await rig.Client.FinishAsync(await rig.Client.StartAsync(PushRig.Repository), Digest, Layer);

        await AssertPushedAsync(rig, finished);
    }

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task OnePost_IsEnough(bool byTheBook)
    {
        await using var rig = await StartAsync(byTheBook);

        using var finished = await rig.Client.SendAsync(
            HttpMethod.Post, $"/v2/{PushRig.Repository}/blobs/uploads/?digest={Digest}", new ByteArrayContent(Layer));

        await AssertPushedAsync(rig, finished);
    }

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task RangedChunks_AreTakenInOrderAndTheRangeGrows(bool byTheBook)
    {
        await using var rig = await StartAsync(byTheBook);
        var location = await rig.Client.StartAsync(PushRig.Repository);

        for (var at = 0; at < 2_000_000; at += 1_000_000)
        {
            using var patched = await rig.Client.PatchAsync(location, Layer[at..(at + 1_000_000)], at);
            location = AssertGoesOn(patched, 202, $"0-{at + 999_999}");
            using var status = await rig.Client.SendAsync(HttpMethod.Get, location);
            location = AssertGoesOn(status, 204, $"0-{at + 999_999}");
        }

        using var finished = await rig.Client.FinishAsync(location, Digest, Layer[2_000_000..]);

        await AssertPushedAsync(rig, finished);
        Assert.Equal(1, rig.Region.Counters.MaxOpenUploadTransfers);
    }

    [Fact]
    public async Task LastChunkWithItsRange_EndsTheUpload()
    {
        await using var rig = await PushRig.StartAsync();
        using var patched = await rig.Client.PatchAsync(await rig.Client.StartAsync(PushRig.Repository), Layer[..1_000_000], 0);
        var location = AssertGoesOn(patched, 202, "0-999999");

        using var finished = await rig.Client.SendAsync(
            HttpMethod.Put, $"{location}&digest={Digest}", new ByteArrayContent(Layer[1_000_000..]), $"1000000-{Length - 1}");

        await AssertPushedAsync(rig, finished);
    }

    [Theory]
    [InlineData("bytes 0-2999999/*")]
    [InlineData("bytes 0-2999999/3000000")]
    public async Task RangeAsHttpWritesIt_IsUnderstood(string range)
    {
        await using var rig = await PushRig.StartAsync();
        var location = await rig.Client.StartAsync(PushRig.Repository);

        using var patched = await rig.Client.SendAsync(HttpMethod.Patch, location, new ByteArrayContent(Layer), range);

        Assert.NotEqual(400, patched.Status); // what the registry says to it is the registry's affair
    }

    [Fact]
    public async Task EmptyLayer_IsOneToo()
    {
        await using var rig = await PushRig.StartAsync();
        var empty = Pusher.DigestOf([]);

        using var finished = await rig.Client.FinishAsync(await rig.Client.StartAsync(PushRig.Repository), empty);

        Assert.Equal(201, finished.Status);
        Assert.Empty(rig.InRegistry(empty)!);
        await rig.PullAsync(empty);
    }

    [Fact]
    public async Task LayerThatTheRegistryHas_IsPushedAgainLikeAnyOther()
    {
        await using var rig = await PushRig.StartAsync();
        await rig.Client.PushBlobAsync(PushRig.Repository, Layer);

        await rig.Client.PushBlobAsync(PushRig.Repository, Layer);

        await rig.SettledAsync(2);
        Assert.True(rig.IsCached(Digest));
        Assert.Empty(rig.Partials());
    }

    [Theory]
    [InlineData("?mount={0}&from=team/base", true, 201)]
    [InlineData("?from=team/base&mount={0}", true, 201)]
    [InlineData("?mount={0}&from=team/base", false, 202)]
    [InlineData("?mount={0}&from=team/other", true, 202)]
    [InlineData("?mount={0}", true, 202)]
    public async Task Mount_IsTheRegistrysDecision(string query, bool allowed, int status)
    {
        await using var rig = await PushRig.StartAsync();
        rig.Region.BlobMounting = allowed;
        rig.Region.Content.PutBlob("team/base", Layer);

        using var answer = await rig.Client.SendAsync(
            HttpMethod.Post, $"/v2/{PushRig.Repository}/blobs/uploads/{string.Format(query, Digest)}");

        Assert.Equal(status, answer.Status);
        if (status == 201)
        {
            Assert.Equal($"/v2/{PushRig.Repository}/blobs/{Digest}", answer.Header("Location"));
            Assert.Equal(Digest, answer.Header("Docker-Content-Digest"));
            await rig.PullAsync(Digest);
        }
        else
        {
            AssertGoesOn(answer, 202, "0-0");
        }
    }

    [Fact]
    public async Task CancelledUpload_IsForgotten()
    {
        await using var rig = await PushRig.StartAsync();
        using var patched = await rig.Client.PatchAsync(await rig.Client.StartAsync(PushRig.Repository), Layer, 0);
        var location = patched.Header("Location")!;

        using var cancelled = await rig.Client.SendAsync(HttpMethod.Delete, location);
        using var finished = await rig.Client.FinishAsync(location, Digest);

        Assert.Equal(204, cancelled.Status);
        Assert.Equal((404, "BLOB_UPLOAD_UNKNOWN"), await Pusher.ErrorAsync(finished));
        Assert.Empty(rig.Partials());
        Assert.False(rig.IsCached(Digest));
    }

    [Fact]
    public async Task MissingHeadersOfUploads_AreAdded()
    {
        await using var rig = await PushRig.StartAsync(RegistryManners.Spec with { UploadHeadersAreMissing = true });
        using var started = await rig.Client.SendAsync(HttpMethod.Post, $"/v2/{PushRig.Repository}/blobs/uploads/");

        using var patched = await rig.Client.PatchAsync(AssertGoesOn(started, 202, "0-0"), Layer);

        AssertGoesOn(patched, 202, $"0-{Length - 1}");
    }

    [Fact]
    public async Task BodyThatWaitsToBeAskedFor_IsAskedFor()
    {
        await using var rig = await PushRig.StartAsync();
        var request = new HttpRequestMessage(
            HttpMethod.Put, $"{rig.Proxy.Url}{await rig.Client.StartAsync(PushRig.Repository)}&digest={Digest}")
        {
            Content = new ByteArrayContent(Layer),
        };
        request.Headers.ExpectContinue = true;
        using var patient = new HttpMessageInvoker(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromMinutes(10) });

        using var finished = await patient.SendAsync(request, Cancel);

        await AssertPushedAsync(rig, finished);
    }

    [Fact]
    public async Task LogAndMetrics_TellWhatTheClientSent()
    {
        await using var rig = await PushRig.StartAsync();
        var location = await rig.Client.StartAsync(PushRig.Repository);

        using var patched = await rig.Client.PatchAsync(location, Layer);

        await rig.Proxy.MeasuredAsync(Length, "fastecr_client_received_bytes_total");
        await rig.Proxy.MeasuredAsync(2, "fastecr_requests_total", "kind=\"upload\"", "status=\"202\"", "outcome=\"passed\"");
        await rig.Proxy.LoggedAsync($" 202 Passed {Length} bytes in ");
    }

    [Fact]
    public async Task NamespaceThatChoseTheRule_IsBroughtBackByTheClient()
    {
        await using var rig = await PushRig.StartAsync(
            rule: rule => rule with { Match = new RuleMatch { Namespaces = ["registry.example"] } });

        using var started = await rig.Client.SendAsync(
            HttpMethod.Post, $"/v2/{PushRig.Repository}/blobs/uploads/?ns=registry.example");
        using var patched = await rig.Client.PatchAsync(started.Header("Location")!, Layer, 0);
        using var finished = await rig.Client.FinishAsync(patched.Header("Location")!, Digest);

        Assert.Equal((202, 201), (patched.Status, finished.Status));
        Assert.Equal(Layer, rig.InRegistry(Digest));
        Assert.DoesNotContain(rig.Region.Counters.Log, entry => entry.Query.Contains("ns=", StringComparison.Ordinal));
        await rig.CachedAsync(Digest);
    }

    private static Task<PushRig> StartAsync(bool byTheBook) =>
        PushRig.StartAsync(byTheBook ? RegistryManners.Spec : new RegistryManners());

    /// <summary>An upload's headers as clients need them; says where it goes on.</summary>
    private static string AssertGoesOn(HttpResponseMessage answer, int status, string range)
    {
        Assert.Equal(status, answer.Status);
        Assert.Equal(range, answer.Header("Range"));
        Assert.Equal("registry/2.0", answer.Header("Docker-Distribution-Api-Version"));
        var location = answer.Header("Location")!;
        Assert.StartsWith(
            $"/v2/{PushRig.Repository}/blobs/uploads/{answer.Header("Docker-Upload-UUID")}?", location, StringComparison.Ordinal);
        return location;
    }

    private static async Task AssertPushedAsync(PushRig rig, HttpResponseMessage finished)
    {
        Assert.Equal(201, finished.Status);
        Assert.Equal($"/v2/{PushRig.Repository}/blobs/{Digest}", finished.Header("Location"));
        Assert.Equal(Digest, finished.Header("Docker-Content-Digest"));
        Assert.Equal(Layer, rig.InRegistry(Digest));
        Assert.DoesNotContain(rig.Region.Counters.Log, entry => entry.Query.Contains("fep-", StringComparison.Ordinal));

        await rig.CachedAsync(Digest);
        await rig.Region.Faults.GoDarkAsync();
        await rig.PullAsync(Digest);
        await rig.SettledAsync(1);
        Assert.Empty(rig.Partials());
    }

    /// <summary>Bytes of which nobody says beforehand how many there are.</summary>
    private sealed class UnknownLength(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
