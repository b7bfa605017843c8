using FastEcrProxy.Server;

namespace FastEcrProxy.Tests.Server;

public sealed class WarmPlanTests
{
    [Fact]
    public void Images_AreWantedOnceForThisMachine()
    {
        var (plan, problems) = WarmPlan.Read(new WarmOptions { Images = ["team/app:1", "team/app:1", "team/app:2"] });

        Assert.Empty(problems);
        Assert.Equal(["team/app:1", "team/app:2"], plan!.Images.Select(image => image.Text));
        Assert.Equal("linux", Assert.Single(plan.Platforms).Os);
    }

    [Fact]
    public void Platforms_AreThoseGivenOrAll()
    {
        var two = WarmPlan.Read(new WarmOptions { Images = ["app"], Platforms = ["linux/amd64", "linux/arm64"] }).Plan;
        var all = WarmPlan.Read(new WarmOptions { Images = ["app"], AllPlatforms = true }).Plan;

        Assert.Equal(["linux/amd64", "linux/arm64"], two!.Platforms.Select(platform => platform.ToString()));
        Assert.Empty(all!.Platforms);
    }

    [Fact]
    public void EverythingThatIsWrong_IsSaidAtOnce()
    {
        var (plan, problems) = WarmPlan.Read(new WarmOptions
        {
            Images = ["Team/App"], Platforms = ["amd64"], AllPlatforms = true, AtATime = 0, Namespace = "docker.io/library",
        });

        Assert.Null(plan);
        Assert.Equal(5, problems.Count);
        Assert.Contains("--ns docker.io/library: not the name of a registry; write docker.io or registry.example.com:5000.", problems);
    }

    [Fact]
    public void NothingNamed_IsAProblem() => Assert.Single(WarmPlan.Read(new WarmOptions()).Problems);
}
