using FastEcrProxy.Http;
using FastEcrProxy.Tests.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Http;

public sealed class UploadQueryTests
{
    private const string Hex = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string Digest = "sha256:" + Hex;

    [Theory]
    [InlineData(null, "", null)]
    [InlineData("", "", null)]
    [InlineData("?", "", null)]
    [InlineData("?fep-received=0", "", 0L)]
    [InlineData("?fep-received=12345", "", 12345L)]
    [InlineData("?_state=a%3D%3d&fep-received=5", "_state=a%3D%3d", 5L)]
    [InlineData("?a=1&fep-received=5&b=2", "a=1&b=2", 5L)]
    [InlineData("?a=1&&b=2", "a=1&b=2", null)]
    [InlineData("?ns=docker.io&a=1", "a=1", null)]
    [InlineData("?a", "a", null)]
    [InlineData("?fep%2Dreceived=7", "", 7L)]
    [InlineData("?fep-received=7?x=1", "x=1", 7L)]
    [InlineData("?x=1?fep-received=7", "x=1?fep-received=7", null)]
    public void RegistrysPart_IsLeftAsItIs(string? query, string rest, long? received)
    {
        Assert.Null(UploadQuery.TryParse(query, out var parsed));
        Assert.Equal((rest, received, null), (parsed.Rest, parsed.Received, parsed.Digest));
    }

    [Theory]
    [InlineData("?digest=" + Digest)]
    [InlineData("?a=1&digest=sha256%3A" + Hex + "&b=2")]
    [InlineData("?fep-received=7?digest=" + Digest)]
    public void Digest_IsReadAndLeftInIt(string query)
    {
        Assert.Null(UploadQuery.TryParse(query, out var parsed));
        Assert.Equal(Digests.Parse(Digest), parsed.Digest);
        Assert.Contains("digest=sha256", parsed.Rest, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?fep-received=", "BLOB_UPLOAD_INVALID")]
    [InlineData("?fep-received=-1", "BLOB_UPLOAD_INVALID")]
    [InlineData("?fep-received=+1", "BLOB_UPLOAD_INVALID")]
    [InlineData("?fep-received=0x1", "BLOB_UPLOAD_INVALID")]
    [InlineData("?fep-received=99999999999999999999", "BLOB_UPLOAD_INVALID")]
    [InlineData("?fep-received=9223372036854775807", "BLOB_UPLOAD_INVALID")]
    [InlineData("?fep-received=1&fep-received=1", "BLOB_UPLOAD_INVALID")]
    [InlineData("?a=b c", "BLOB_UPLOAD_INVALID")]
    [InlineData("?a=b\u00e4", "BLOB_UPLOAD_INVALID")]
    [InlineData("?a=b#c", "BLOB_UPLOAD_INVALID")]
    [InlineData("?digest=", "DIGEST_INVALID")]
    [InlineData("?digest=md5:abc", "DIGEST_INVALID")]
    [InlineData("?digest=" + Digest + "&digest=" + Digest, "DIGEST_INVALID")]
    public void WhatMakesNoSense_IsRefused(string query, string code) =>
        Assert.Equal((400, code), (UploadQuery.TryParse(query, out _)!.Status, UploadQuery.TryParse(query, out _)!.Code));

    [Theory]
    [InlineData("", 0L, null, "fep-received=0")]
    [InlineData("", null, null, "")]
    [InlineData("_state=a%3D&b", 5L, null, "_state=a%3D&b&fep-received=5")]
    [InlineData("", 5L, "registry.example.com:5000", "ns=registry.example.com%3A5000&fep-received=5")]
    [InlineData("fep-received=3", 5L, null, "fep-received=3&fep-received-2=5")]
    [InlineData("fep-received=3&fep-received-2=4", 5L, null, "fep-received=3&fep-received-2=4&fep-received-3=5")]
    public void Location_CarriesHowFarTheUploadIs(string registrys, long? received, string? ns, string query)
    {
        Assert.Equal(query, UploadQuery.Of(new UploadSession("abc", registrys), received, ns));

        Assert.Null(UploadQuery.TryParse("?" + query, out var back));
        Assert.Equal((registrys, received), (back.Rest, back.Received));
    }

    [Fact]
    public void ClientThatSortsParameters_ChangesNothing()
    {
        Assert.Null(UploadQuery.TryParse($"?digest={Digest}&fep-received=3&fep-received-2=5&x=1", out var parsed));

        Assert.Equal(5, parsed.Received);
        Assert.Equal($"digest={Digest}&fep-received=3&x=1", parsed.Rest);
    }
}
