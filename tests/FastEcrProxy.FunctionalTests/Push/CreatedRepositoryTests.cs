using FastEcrProxy.Ecr;
using FastEcrProxy.FunctionalTests.LocalEcr;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Push;

/// <summary>Pushes to repositories that do not exist: made where the rule says so, else told what to do.</summary>
public sealed class CreatedRepositoryTests
{
    private const string Missing = "team/new";

    private static readonly byte[] Layer = PushRig.Bytes(100_000);

    [Fact]
    public async Task WithoutTheSetting_TheAnswerSaysWhatToDo()
    {
        await using var rig = await PushRig.StartAsync();

        using var started = await rig.Client.SendAsync(HttpMethod.Post, $"/v2/{Missing}/blobs/uploads/");

        var (status, code, message) = await started.ErrorAsync();
        Assert.Equal((404, "NAME_UNKNOWN"), (status, code));
        Assert.Contains($"The repository with name '{Missing}' does not exist in the registry", message, StringComparison.Ordinal);
        Assert.Contains("CreateRepositories of the rule", message, StringComparison.Ordinal);
        Assert.Null(rig.Region.Content.SettingsOf(Missing));
    }

    [Fact]
    public async Task WithTheSetting_ItIsMadeAsTheRuleSaysAndThePushGoesOn()
    {
        await using var rig = await PushRig.StartAsync(rule: rule => rule with
        {
            CreateRepositories = new RepositoryCreation
            {
                TagMutability = "IMMUTABLE_WITH_EXCLUSION",
                MutabilityExclusions = ["dev-*", "latest"],
                ScanOnPush = true,
                Encryption = "KMS",
                KmsKey = "arn:aws:kms:eu-west-1:123456789012:key/1",
                Tags = new Dictionary<string, string> { ["team"] = "a", ["cost"] = "b" },
            },
        });

        await rig.Client.PushBlobAsync(Missing, Layer);

        var made = rig.Region.Content.SettingsOf(Missing)!;
        Assert.Equal((TagMutability.ImmutableWithExclusion, true), (made.TagMutability, made.ScanOnPush));
        Assert.Equal(["dev-*", "latest"], made.MutabilityExclusions);
        Assert.Equal(("KMS", "arn:aws:kms:eu-west-1:123456789012:key/1"), (made.EncryptionType, made.KmsKey));
        Assert.Equal([("cost", "b"), ("team", "a")], made.ResourceTags.Select(tag => (tag.Key, tag.Value)).Order());
        Assert.Equal(2, rig.Region.Counters.Requests(RequestKind.StartUpload));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ManyLayersAtOnce_MakeItOnce()
    {
        await using var rig = await PushRig.StartAsync(rule: rule => rule with { CreateRepositories = new RepositoryCreation() });
        using var hold = rig.Region.Faults.Hang(RequestKind.CreateRepository);

        var pushes = Enumerable.Range(0, 8).Select(seed => rig.Client.PushBlobAsync(Missing, PushRig.Bytes(1000, seed))).ToList();
        await hold.ReachedAsync(TestContext.Current.CancellationToken);
        await rig.Proxy.MeasuredAsync(8, "fastecr_upstream_duration_seconds_count", "peer=\"registry\"", "status=\"4xx\"");
        hold.Release();
        await Task.WhenAll(pushes);

        // Once; but who has heard that it is missing, and has not come to say so, asks once more. Not each for itself, that is.
        Assert.InRange(rig.Region.Counters.Requests(RequestKind.CreateRepository), 1, 7);
    }

    [Fact]
    public async Task WholeLayerInOnePost_IsAskedForAgain()
    {
        await using var rig = await PushRig.StartAsync(rule: rule => rule with { CreateRepositories = new RepositoryCreation() });
        var path = $"/v2/{Missing}/blobs/uploads/?digest={Pusher.DigestOf(Layer)}";

        using var first = await rig.Client.SendAsync(HttpMethod.Post, path, new ByteArrayContent(Layer));
        using var second = await rig.Client.SendAsync(HttpMethod.Post, path, new ByteArrayContent(Layer));

        Assert.Equal((503, "UNAVAILABLE"), await Pusher.ErrorAsync(first));
        Assert.Equal(201, second.Status);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task RepositoryThatSomebodyMadeMeanwhile_IsAsGood()
    {
        await using var rig = await PushRig.StartAsync(rule: rule => rule with { CreateRepositories = new RepositoryCreation() });
        using var hold = rig.Region.Faults.Hang(RequestKind.CreateRepository);

        var push = rig.Client.PushBlobAsync(Missing, Layer);
        await hold.ReachedAsync(TestContext.Current.CancellationToken);
        rig.Region.Content.CreateRepository(Missing);
        hold.Release();

        Assert.Equal(Pusher.DigestOf(Layer), await push);
    }

    [Fact]
    public async Task MissingPermission_IsNamed()
    {
        await using var rig = await PushRig.StartAsync(rule: rule => rule with { CreateRepositories = new RepositoryCreation() });
        rig.Region.Faults.DenyIam(RequestKind.CreateRepository);

        using var started = await rig.Client.SendAsync(HttpMethod.Post, $"/v2/{Missing}/blobs/uploads/");

        var (status, code, message) = await started.ErrorAsync();
        Assert.Equal((403, "DENIED"), (status, code));
        Assert.Contains("allow ecr:CreateRepository", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SettingsThatEcrRefuses_AreToldInItsWords()
    {
        await using var rig = await PushRig.StartAsync(rule: rule => rule with
        {
            CreateRepositories = new RepositoryCreation { Encryption = "ROT13" },
        });

        using var started = await rig.Client.SendAsync(HttpMethod.Post, $"/v2/{Missing}/blobs/uploads/");

        var (status, code, message) = await started.ErrorAsync();
        Assert.Equal((502, "UNKNOWN"), (status, code));
        Assert.Contains("InvalidParameterException", message, StringComparison.Ordinal);
        Assert.Contains("encryptionType", message, StringComparison.Ordinal);
    }
}
