using FastEcrProxy.Ecr;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class RedirectPolicyTests
{
    private const string Bucket = "prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com";

    private const string OtherBucket = "prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com";

    private static readonly EcrHost Ecr = EcrHost.TryParse("123456789012.dkr.ecr.eu-west-1.amazonaws.com", out var host) ? host : null!;

    private static readonly UpstreamOptions Plain = new() { Host = Ecr };

    private static readonly UpstreamOptions Named = Plain with
    {
        AllowedRedirectHosts = ["layers.example", "10.0.0.7:9000", "[fd00::1]:8443"],
    };

    private static readonly UpstreamOptions InTheClear = new()
    {
        Endpoint = new Uri("http://127.0.0.1:5000"),
        UsesEcrToken = false,
        AllowedRedirectHosts = ["127.0.0.1:5001"],
    };

    [Theory]
    [InlineData($"https://{Bucket}/x/y?X-Amz-Signature=z")]
    [InlineData($"https://{Bucket}:443/x")]
    [InlineData("https://PROD-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com/x")]
    [InlineData("https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/other")]
    [InlineData("/v2/elsewhere")]
    [InlineData("//123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/other")]
    public void BucketAndRegistryItself_AreAllowed(string location) => Assert.NotNull(Check(Plain, location).Value);

    [Theory]
    [InlineData("https://layers.example/x")]
    [InlineData("https://Layers.Example:443/x")]
    [InlineData("https://10.0.0.7:9000/x")]
    [InlineData("https://[fd00::1]:8443/x")]
    public void NamedHost_IsAllowed(string location) => Assert.NotNull(Check(Named, location).Value);

    [Theory]
    [InlineData("http://127.0.0.1:5000/x")]
    [InlineData("http://127.0.0.1:5001/x")]
    [InlineData("https://127.0.0.1:5001/x")]
    public void RegistryInTheClear_AllowsPlainHttp(string location) => Assert.NotNull(Check(InTheClear, location).Value);

    [Theory]
    [InlineData($"http://{Bucket}/x", Bucket)]
    [InlineData($"https://{Bucket}:8443/x", $"{Bucket}:8443")]
    [InlineData($"https://{Bucket}.evil.example/x", $"{Bucket}.evil.example")]
    [InlineData($"https://evil-{Bucket}/x", $"evil-{Bucket}")]
    [InlineData($"https://{Bucket}./x", $"{Bucket}.")]
    [InlineData($"https://{Bucket}@evil.example/x", "evil.example")]
    [InlineData($"https://user:pass@{Bucket}/x", Bucket)]
    [InlineData($"https://evil.example#{Bucket}/x", "evil.example")]
    [InlineData($"https://evil.example?{Bucket}/x", "evil.example")]
    [InlineData($"https://{OtherBucket}/x", OtherBucket)]
    [InlineData("https://mybucket.s3.eu-west-1.amazonaws.com/x", "mybucket.s3.eu-west-1.amazonaws.com")]
    [InlineData("https://169.254.169.254/latest/meta-data", "169.254.169.254")]
    [InlineData("http://169.254.169.254/latest/meta-data", "169.254.169.254")]
    [InlineData("https://2852039166/latest", "169.254.169.254")]
    [InlineData("https://0xA9FEA9FE/latest", "169.254.169.254")]
    [InlineData("https://0251.0376.0251.0376/latest", "169.254.169.254")]
    [InlineData("https://0xa9.254.0251.254/latest", "169.254.169.254")]
    [InlineData("https://169.254.43518/latest", "169.254.169.254")]
    [InlineData("https://[::ffff:169.254.169.254]/latest", "[::ffff:169.254.169.254]")]
    [InlineData("https://[fd00:ec2::254]/latest", "[fd00:ec2::254]")]
    [InlineData("HTTPS://LOCALHOST/x", "localhost")]
    [InlineData("https://127.1/x", "127.0.0.1")]
    [InlineData("https://layers.example./x", "layers.example.")]
    [InlineData("https://layers.example@evil.example/x", "evil.example")]
    [InlineData("https://xn--lyers-gra.example/x", "xn--lyers-gra.example")]
    [InlineData("//layers.example:8443/x", "layers.example:8443")]
    [InlineData("https://127.0.0.1/x", "127.0.0.1")]
    [InlineData("https://[::1]/x", "[::1]")]
    [InlineData("https://layers.example:8443/x", "layers.example:8443")]
    [InlineData("https://10.0.0.7/x", "10.0.0.7")]
    [InlineData("http://10.0.0.7:9000/x", "10.0.0.7:9000")]
    [InlineData("//evil.example/x", "evil.example")]
    [InlineData("https://123456789012.dkr.ecr.eu-west-1.amazonaws.com:8443/x", "123456789012.dkr.ecr.eu-west-1.amazonaws.com:8443")]
    public void ForeignHost_IsRefusedByName(string location, string host)
    {
        var (target, failure) = Check(Named, location);

        Assert.Null(target);
        Assert.Equal(FetchError.BadAnswer, failure!.Error);
        Assert.StartsWith($"redirect to host {host} is not allowed", failure.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("https://")]
    [InlineData($"https://evil.example\\@{Bucket}/x")]
    [InlineData("https://layers.example/a b")]
    [InlineData("https://layers.example/a\r\nX: y")]
    [InlineData("https://läyers.example/x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://layers.example/x")]
    [InlineData("ftp://layers.example/x")]
    [InlineData("unix:///var/run/docker.sock")]
    [InlineData("data:text/plain,x")]
    [InlineData("https://layers.example%2eevil.example/x")]
    [InlineData("https:\\\\layers.example\\x")]
    [InlineData("\\\\evil.example\\x")]
    [InlineData("https://layers.example/a\u0000b")]
    [InlineData("https://layers.example:99999/x")]
    [InlineData("https://layers。example/x")]
    public void SenselessLocation_IsABadAnswer(string? location)
    {
        var (target, failure) = Check(Named, location);

        Assert.Null(target);
        Assert.Equal(FetchError.BadAnswer, failure!.Error);
    }

    [Fact]
    public void SignedAddress_IsKeptByteForByte_AndNotShown()
    {
        const string PathAndQuery = "/a%2fb/%41/../c?X-Amz-Credential=AK%2F2026&X-Amz-Signature=00%7e";

        var allowed = Check(Plain, $"https://{Bucket}{PathAndQuery}").Value;
        var refused = Check(Plain, $"https://evil.example{PathAndQuery}").Failure;

        Assert.Equal(PathAndQuery, allowed!.PathAndQuery);
        Assert.DoesNotContain("X-Amz", refused!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void OverlongLocation_IsABadAnswer() =>
        Assert.Equal(FetchError.BadAnswer, Check(Plain, $"https://{Bucket}/{new string('a', 9000)}").Failure!.Error);

    private static Fetched<Uri> Check(UpstreamOptions options, string? location)
    {
        var registry = RegistryAddress.Of(options, null)!;
        return new RedirectPolicy(options).Check(location, new Uri(registry.Root, "/v2/team/app/blobs/x"), registry);
    }
}
