using FastEcrProxy.Admin;

namespace FastEcrProxy.Tests.Admin;

public sealed class CacheDirectoryCheckTests
{
    [Fact]
    public void DirectoryWithoutTrouble_IsOkWithItsFreeBytes()
    {
        var check = CacheDirectoryCheck.Look(Path.GetTempPath(), trouble: null);

        Assert.True(check.Ok);
        Assert.Matches(@" is writable, \d+ bytes free \(\d+\.\d GiB\)$", check.Reason);
    }

    [Fact]
    public void TroubleOfTheStore_IsTheReason()
    {
        var check = CacheDirectoryCheck.Look(Path.GetTempPath(), "no space left on device");

        Assert.Equal(new ReadinessCheck("cache", false, "pulls go on unstored: no space left on device"), check);
    }

    [Fact]
    public void DirectoryThatIsGone_IsNotOk()
    {
        var check = CacheDirectoryCheck.Look(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N")), trouble: null);

        Assert.False(check.Ok);
        Assert.StartsWith("pulls go on unstored: ", check.Reason, StringComparison.Ordinal);
    }
}
