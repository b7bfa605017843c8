using System.Text.Json;
using FastEcrProxy.Ecr;

namespace FastEcrProxy.Tests.Ecr;

public sealed class EcrTokenTests
{
    private const string Secret = "QVdTOnNlY3JldA==";

    [Fact]
    public void AsText_ShowsTheExpiryAndNothingSecret()
    {
        var token = new EcrToken("Basic " + Secret, DateTimeOffset.UnixEpoch, new Uri("https://registry.example"));

        var text = $"{token}";

        Assert.Equal("ECR token until 1970-01-01T00:00:00.0000000+00:00", text);
    }

    [Fact]
    public void AnswerOfAws_AsText_ShowsNothingSecret()
    {
        var answer = JsonSerializer.Deserialize(
            $$"""{"authorizationData":[{"authorizationToken":"{{Secret}}","expiresAt":1.5,"proxyEndpoint":"https://r"}]}""",
            EcrJson.Default.TokenAnswer)!;

        Assert.Equal(Secret, answer.AuthorizationData![0]!.AuthorizationToken);
        Assert.DoesNotContain(Secret, $"{answer} {answer.AuthorizationData[0]}", StringComparison.Ordinal);
    }
}
