using FastEcrProxy.Cache;
using FastEcrProxy.Ecr;
using FastEcrProxy.Server;

namespace FastEcrProxy.Tests.Server;

public sealed class SelfCheckTests
{
    private const long Gibibyte = 1L << 30;

    private static readonly DateTimeOffset Now = new(2030, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void EverySetting_HasALineWithItsValueAndSource()
    {
        var values = SettingsReader.Read(new SettingsInput
        {
            Environment = new Dictionary<string, string> { ["FEP_Cache__Size"] = "7g" },
        }).Values;

        var lines = SelfCheck.SettingLines(values).Select(line => line.Text).ToList();

        Assert.Equal(SettingTable.All.Count, lines.Count);
        Assert.Contains(lines, line => line.StartsWith("Cache.Size = 7g (from FEP_Cache__Size): ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("Log.Format = text (default): ", StringComparison.Ordinal));
        Assert.Contains("Listen.Certificate is not given: plain HTTP.", lines);
    }

    [Fact]
    public void Secret_IsNotShown()
    {
        var values = SettingsReader.Read(new SettingsInput
        {
            Environment = new Dictionary<string, string>
            {
                ["FEP_Aws__RoleArn"] = "arn:aws:iam::123456789012:role/pull", ["FEP_Aws__ExternalId"] = "between-us",
            },
        }).Values;

        var lines = SelfCheck.SettingLines(values).Select(line => line.Text).ToList();

        Assert.Contains(lines, line => line.StartsWith("Aws.ExternalId = *** (from FEP_Aws__ExternalId): ", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("between-us", StringComparison.Ordinal));
    }

    [Fact]
    public void ShortFormBesideRules_HasNoLine()
    {
        var values = RuleFile.Read($$"""{ "Upstreams": [ { "Registries": ["{{RuleFile.Eu}}"] } ] }""").Result.Values;

        var lines = SelfCheck.SettingLines(values).Select(line => line.Text.Split(' ')[0]).ToList();

        Assert.Equal(SettingTable.All.Count - 3, lines.Count);
        Assert.DoesNotContain("Upstream.Host", lines);
    }

    [Theory]
    [InlineData(0, 200 * Gibibyte, true, CheckVerdict.Well)]
    [InlineData(60 * Gibibyte, 40 * Gibibyte, true, CheckVerdict.Well)]
    [InlineData(60 * Gibibyte, 39 * Gibibyte, true, CheckVerdict.Failed)]
    [InlineData(60 * Gibibyte, 39 * Gibibyte, false, CheckVerdict.Note)]
    [InlineData(60 * Gibibyte, -5 * Gibibyte, false, CheckVerdict.Note)]
    [InlineData(0, -5 * Gibibyte, false, CheckVerdict.Failed)]
    [InlineData(0, 1 << 20, false, CheckVerdict.Failed)]
    public void Room_IsHeldAgainstTheSizeThatWasAskedFor(long usedBytes, long roomBytes, bool sizeIsGiven, object expected)
    {
        var options = new CacheOptions { SizeBytes = 100 * Gibibyte };

        var line = SelfCheck.RoomLine(options, sizeIsGiven, usedBytes, roomBytes);

        Assert.Equal(expected, line.Verdict);
    }

    [Theory]
    [InlineData(90, CheckVerdict.Well)]
    [InlineData(13, CheckVerdict.Note)]
    [InlineData(-1, CheckVerdict.Failed)]
    public void Certificate_IsJudgedByTheTimeItHasLeft(int daysLeft, object expected)
    {
        using var files = new TestFiles();
        var (certificateFile, keyFile) = files.WriteCertificate("registry.example.com", Now.AddDays(daysLeft));
        var certificate = ServerCertificate.Load(certificateFile, keyFile).Certificate!;

        var line = SelfCheck.CertificateLine(certificate, Now);

        Assert.Equal(expected, line.Verdict);
        Assert.Contains("CN=registry.example.com", line.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Token_IsDescribedAndNotShown()
    {
        var registry = new Uri("https://123456789012.dkr.ecr.eu-west-1.amazonaws.com");
        var token = new EcrToken("Basic c2VjcmV0", Now.AddHours(11.5), registry);

        var line = UpstreamCheck.TokenLine(token, Now);

        Assert.Equal(
            "ECR token: good until 2030-06-01 23:30:00Z, for 11h30m; "
            + "the caller's own registry is 123456789012.dkr.ecr.eu-west-1.amazonaws.com",
            line.Text);
    }

    [Fact]
    public void CacheDirectoryThatIsMissing_IsMadeForItsOwnerAlone()
    {
        using var files = new TestFiles();
        var directory = files.PathOf("cache");

        var problem = CacheDirectoryTrial.Problem(directory);

        Assert.Null(problem);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
    }

    [Fact]
    public void CacheThatCannotBeWritten_IsOneFailureWithWhatToDo()
    {
        using var files = new TestFiles();
        var options = new CacheOptions { Directory = Path.Combine(files.Write("file", ""), "cache") };

        var line = Assert.Single(SelfCheck.CacheLines(options, sizeIsGiven: false));

        Assert.Equal(CheckVerdict.Failed, line.Verdict);
        Assert.EndsWith("name another directory", line.Text);
    }
}
