using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Oci;

public sealed class AcceptKeyFuzzTests
{
    private static readonly string[] Headers =
    [
        "",
        "*/*",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.v2+json;q=0.9, */*;q=0.1",
        "application/vnd.docker.distribution.manifest.list.v2+json,application/json",
        "APPLICATION/*, text/html;level=1",
    ];

    [Fact]
    public void Key_DependsNeitherOnOrderNorOnHowLinesAreSplit_AndAllowsWhatItNames() =>
        AlmostRight.Texts(Headers, 10_000, header =>
        {
            var key = AcceptKey.From([header]);

            var types = header.Split(',');
            Assert.Equal(key, AcceptKey.From(types.Reverse()));
            Assert.Equal(key, AcceptKey.From([key.ToString()]));
            Assert.Equal(key.GetHashCode(), AcceptKey.From(types.Concat(types)).GetHashCode());
            Assert.All(
                key.ToString().Split(','),
                type => Assert.True(key.Allows(type.Split(';')[0].TrimEnd()), type));
        });
}
