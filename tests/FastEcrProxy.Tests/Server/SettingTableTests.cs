using FastEcrProxy.Cache;
using FastEcrProxy.Ecr;
using FastEcrProxy.Http;
using FastEcrProxy.Server;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Server;

public sealed class SettingTableTests
{
    public static TheoryData<string> Keys => [.. SettingTable.All.Select(setting => setting.Key)];

    [Fact]
    public void Keys_AreThereOnce() =>
        Assert.Distinct(SettingTable.All.Select(setting => setting.Key), StringComparer.OrdinalIgnoreCase);

    [Fact]
    public void Flags_AreThereOnce() =>
        Assert.Distinct(SettingTable.All.Where(setting => setting.Flag is not null).Select(setting => setting.Flag));

    [Theory, MemberData(nameof(Keys))]
    public void EverySetting_SaysWhatHoldsWithoutIt(string key)
    {
        var setting = SettingTable.Find(key)!;

        Assert.True(setting.Default is null ^ setting.Otherwise is null);
        Assert.EndsWith(".", setting.Meaning);
    }

    [Fact]
    public void Nothing_IsReadAsTheDefaultsOfTheOptions()
    {
        var settings = SettingsReader.Read(new SettingsInput()).Settings!;

        Assert.Equal(new CacheOptions(), settings.Cache);
        Assert.Equal(new LogOptions(), settings.Log);
        Assert.Equal(new LimitOptions(), settings.Limits);
        IReadOnlyList<string> none = []; // records compare lists by identity
        var lists = new ListenOptions { Certificates = settings.Listen.Certificates, TrustedProxies = settings.Listen.TrustedProxies };
        Assert.Equal(lists, settings.Listen);
        Assert.Empty(settings.Listen.Certificates);
        Assert.Empty(settings.Listen.TrustedProxies);
        Assert.Equal(new UpstreamOptions { AllowedRedirectHosts = none }, settings.Upstream with { AllowedRedirectHosts = none });
        Assert.Empty(settings.Upstream.AllowedRedirectHosts);
        Assert.Equal("127.0.0.1:5001", settings.AdminAddress.ToString());
        Assert.Empty(settings.Notices);
    }

    [Fact]
    public void Nothing_IsReadAsTheDefaultsOfTheWayToAws()
    {
        var ecr = SettingsReader.Read(new SettingsInput()).Settings!.Ecr;

        var defaults = new EcrOptions();
        Assert.Equal((defaults.Region, defaults.ControlPlane), (ecr.Region, ecr.ControlPlane));
        Assert.Equal((defaults.Fips, defaults.DualStack), (ecr.Fips, ecr.DualStack));
        Assert.Equal((defaults.ConnectTimeout, defaults.TotalTimeout), (ecr.ConnectTimeout, ecr.TotalTimeout));
    }
}
