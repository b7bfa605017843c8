using CsCheck;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Oci;

public sealed class OciRouteTests
{
    private static readonly string D = Digests.Sha256A;

    private static readonly Gen<string> Tag = Gen.String[Gen.Char["abzABZ019_"], 1, 8];

    private static readonly Gen<string> ValidPath = Gen.Select(Repositories.Valid, Digests.Valid, Tag, Gen.Int[0, 6]).Select(
        (name, digest, tag, noun) => noun switch
        {
            0 => $"/v2/{name}/manifests/{tag}",
            1 => $"/v2/{name}/manifests/{digest}",
            2 => $"/v2/{name}/blobs/{digest}",
            3 => $"/v2/{name}/tags/list",
            4 => $"/v2/{name}/referrers/{digest}",
            5 => $"/v2/{name}/blobs/uploads/",
            _ => "/v2/_catalog",
        });

    [Theory]
    [InlineData("/v2", nameof(RouteKind.Ping), null, null)]
    [InlineData("/v2/", nameof(RouteKind.Ping), null, null)]
    [InlineData("/v2/_catalog", nameof(RouteKind.Catalog), null, null)]
    [InlineData("/v2/app/manifests/latest", nameof(RouteKind.Manifest), "app", "latest")]
    [InlineData("/v2/a/b/c/manifests/v1.0", nameof(RouteKind.Manifest), "a/b/c", "v1.0")]
    [InlineData("/v2/app/tags/list", nameof(RouteKind.Tags), "app", null)]
    [InlineData("/v2/app/blobs/uploads", nameof(RouteKind.Upload), "app", null)]
    [InlineData("/v2/app/blobs/uploads/", nameof(RouteKind.Upload), "app", null)]
    [InlineData("/v2/app/blobs/uploads/0b5c1d54-1f2e-4a3b-9c8d-7e6f5a4b3c2d", nameof(RouteKind.Upload), "app", null)]
    [InlineData("/v2/app/blobs/uploads/AQIDBA_-==", nameof(RouteKind.Upload), "app", null)]
    [InlineData("/v2/foo/blobs/manifests/latest", nameof(RouteKind.Manifest), "foo/blobs", "latest")]
    [InlineData("/v2/foo/manifests/manifests/latest", nameof(RouteKind.Manifest), "foo/manifests", "latest")]
    [InlineData("/v2/foo/manifests/latest/manifests/latest", nameof(RouteKind.Manifest), "foo/manifests/latest", "latest")]
    [InlineData("/v2/foo/blobs/uploads/manifests/latest", nameof(RouteKind.Manifest), "foo/blobs/uploads", "latest")]
    [InlineData("/v2/foo/tags/list/tags/list", nameof(RouteKind.Tags), "foo/tags/list", null)]
    [InlineData("/v2/foo/tags/tags/list", nameof(RouteKind.Tags), "foo/tags", null)]
    [InlineData("/v2/foo/blobs/blobs/uploads/", nameof(RouteKind.Upload), "foo/blobs", null)]
    [InlineData("/v2/foo/tags/manifests/list", nameof(RouteKind.Manifest), "foo/tags", "list")]
    [InlineData("/v2/manifests/manifests/manifests", nameof(RouteKind.Manifest), "manifests", "manifests")]
    [InlineData("/v2/v2/manifests/v2", nameof(RouteKind.Manifest), "v2", "v2")]
    public void ValidPath_IsReadFromItsRightHandEnd(string path, string kind, string? repository, string? reference)
    {
        Assert.Null(OciRoute.TryParse(path, out var route));
        Assert.Equal(kind, route.Kind.ToString());
        Assert.Equal(repository, route.Repository.ToString());
        Assert.Equal(reference, route.Reference.ToString());
    }

    [Theory]
    [InlineData("/v2/app/blobs/uploads", null)]
    [InlineData("/v2/app/blobs/uploads/", null)]
    [InlineData("/v2/app/blobs/uploads/AQIDBA_-==", "AQIDBA_-==")]
    [InlineData("/v2/app/blobs/uploads/uploads", "uploads")]
    [InlineData("/v2/app/manifests/latest", null)]
    public void Session_IsTheLastPartOfAnUploadsPath(string path, string? session)
    {
        Assert.Null(OciRoute.TryParse(path, out var route));
        Assert.Equal(session, route.Session);
    }

    [Theory]
    [InlineData("foo")]
    [InlineData("foo/blobs")]
    [InlineData("foo/manifests")]
    [InlineData("foo/blobs/uploads")]
    [InlineData("foo/referrers")]
    public void DigestRoutes_TakeRepositoriesNamedLikeNouns(string name)
    {
        Assert.Null(OciRoute.TryParse($"/v2/{name}/blobs/{D}", out var blob));
        Assert.Equal((RouteKind.Blob, name, D), (blob.Kind, blob.Repository.ToString(), blob.Digest.ToString()));

        Assert.Null(OciRoute.TryParse($"/v2/{name}/manifests/{D}", out var manifest));
        Assert.Equal((RouteKind.Manifest, name, D), (manifest.Kind, manifest.Repository.ToString(), manifest.Digest.ToString()));

        Assert.Null(OciRoute.TryParse($"/v2/{name}/referrers/{D}", out var referrers));
        Assert.Equal((RouteKind.Referrers, name, D), (referrers.Kind, referrers.Repository.ToString(), referrers.Digest.ToString()));
    }

    [Theory]
    [InlineData("%3A")]
    [InlineData("%3a")]
    public void EncodedColon_IsReadInADigest(string colon)
    {
        Assert.Null(OciRoute.TryParse("/v2/app/blobs/" + D.Replace(":", colon, StringComparison.Ordinal), out var route));
        Assert.Equal(D, route.Digest.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("v2/")]
    [InlineData("/v1/")]
    [InlineData("/V2/")]
    [InlineData("//v2/")]
    [InlineData("/v2x")]
    [InlineData("/v2/..")]
    [InlineData("/v2/../etc/passwd")]
    [InlineData("/%76%32/")]
    [InlineData("/v2/app")]
    [InlineData("/v2//")]
    [InlineData("/v2/_catalog/")]
    [InlineData("/v2/_Catalog")]
    [InlineData("/v2/app/tags/list/")]
    [InlineData("/v2/app/tags")]
    [InlineData("/v2/app/tags/")]
    [InlineData("/v2/app/tags/all")]
    [InlineData("/v2/app/Manifests/latest")]
    [InlineData("/v2/app/manifests%2flatest")]
    [InlineData("/v2/app/blobs/uploads/..", "BLOB_UPLOAD_UNKNOWN")]
    [InlineData("/v2/app/blobs/uploads/%2e%2e", "BLOB_UPLOAD_UNKNOWN")]
    [InlineData("/v2/app/blobs/uploads/a%2fb", "BLOB_UPLOAD_UNKNOWN")]
    [InlineData("/v2/app/blobs/uploads/a;b", "BLOB_UPLOAD_UNKNOWN")]
    [InlineData("/v2/app/blobs/uploads/id/more")]
    public void PathThatNamesNothing_Is404(string path, string? code = null)
    {
        var error = OciRoute.TryParse(path, out var route);

        Assert.Equal(404, error?.Status);
        Assert.Equal(code ?? error!.Code, error!.Code);
        Assert.Equal(default, route);
    }

    [Theory]
    [InlineData("/v2/manifests/latest")]
    [InlineData("/v2//manifests/latest")]
    [InlineData("/v2//app/manifests/latest")]
    [InlineData("/v2/app//manifests/latest")]
    [InlineData("/v2/a//b/manifests/latest")]
    [InlineData("/v2/App/manifests/latest")]
    [InlineData("/v2/../app/manifests/latest")]
    [InlineData("/v2/app/../manifests/latest")]
    [InlineData("/v2/./manifests/latest")]
    [InlineData("/v2/a%2fb/manifests/latest")]
    [InlineData("/v2/a%2Fb/manifests/latest")]
    [InlineData("/v2/a%252fb/manifests/latest")]
    [InlineData("/v2/%2e%2e/manifests/latest")]
    [InlineData("/v2/a%00/manifests/latest")]
    [InlineData("/v2/a\\..\\b/manifests/latest")]
    [InlineData("/v2/a b/tags/list")]
    [InlineData("/v2/ünicode/tags/list")]
    [InlineData("/v2/_catalog/tags/list")]
    [InlineData("/v2/tags/list")]
    [InlineData("/v2/blobs/uploads/")]
    [InlineData("/v2/A/blobs/uploads/id")]
    [InlineData("/v2/app:latest/manifests/latest")]
    public void BadName_IsSaidSo(string path)
    {
        var error = OciRoute.TryParse(path, out var route);

        Assert.Equal((400, "NAME_INVALID"), (error?.Status, error?.Code));
        Assert.Equal(default, route);
    }

    [Theory]
    [InlineData("/v2/app/blobs/")]
    [InlineData("/v2/app/blobs/latest")]
    [InlineData("/v2/app/blobs/sha256:abc")]
    [InlineData("/v2/app/blobs/..")]
    [InlineData("/v2/app/referrers/latest")]
    [InlineData("/v2/app/manifests/sha256:abc")]
    [InlineData("/v2/app/manifests/sha256%3Aabc")]
    [InlineData("/v2/app/manifests/md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("/v2/app/manifests/a:b")]
    public void BadDigest_IsSaidSo(string path)
    {
        var error = OciRoute.TryParse(path, out var route);

        Assert.Equal((400, "DIGEST_INVALID"), (error?.Status, error?.Code));
        Assert.Equal(default, route);
    }

    [Fact]
    public void DigestWithMoreThanOneEncodedColon_IsRefused()
    {
        var twice = D.Replace(":", "%3A%3A", StringComparison.Ordinal);
        var upper = D.ToUpperInvariant();
        var encoded = D[..^1] + "%61";

        foreach (var text in (string[])[twice, upper, encoded])
        {
            Assert.Equal("DIGEST_INVALID", OciRoute.TryParse("/v2/app/blobs/" + text, out _)?.Code);
        }
    }

    [Theory]
    [InlineData("/v2/app/manifests/")]
    [InlineData("/v2/app/manifests/.")]
    [InlineData("/v2/app/manifests/..")]
    [InlineData("/v2/app/manifests/%2e%2e")]
    [InlineData("/v2/app/manifests/-rf")]
    [InlineData("/v2/app/manifests/a b")]
    [InlineData("/v2/app/manifests/latest%00")]
    [InlineData("/v2/app/manifests/größe")]
    public void BadTag_IsSaidSo(string path)
    {
        var error = OciRoute.TryParse(path, out var route);

        Assert.Equal((400, "TAG_INVALID"), (error?.Status, error?.Code));
        Assert.Equal(default, route);
    }

    [Fact]
    public void TooLongPath_IsRefusedBeforeItIsRead()
    {
        var path = "/v2/" + new string('a', 1025 - "/v2/".Length);

        Assert.Equal(414, OciRoute.TryParse(path, out _)?.Status);
        Assert.Equal(404, OciRoute.TryParse(path.AsSpan(1..), out _)?.Status);
    }

    [Fact]
    public void TooLongName_IsABadName()
    {
        var longest = new string('a', 256);

        Assert.Null(OciRoute.TryParse($"/v2/{longest}/manifests/latest", out _));
        Assert.Equal("NAME_INVALID", OciRoute.TryParse($"/v2/{longest}a/manifests/latest", out _)?.Code);
    }

    [Fact]
    public void TooLongTag_IsABadTag()
    {
        var longest = new string('a', 128);

        Assert.Null(OciRoute.TryParse($"/v2/app/manifests/{longest}", out _));
        Assert.Equal("TAG_INVALID", OciRoute.TryParse($"/v2/app/manifests/{longest}a", out _)?.Code);
    }

    [Fact]
    public void GeneratedPath_IsParsedAndPrintsBack() =>
        ValidPath.Sample(path => OciRoute.TryParse(path, out var route) is null && Print(route) == path);

    [Fact]
    public void MutatedPath_IsRefusedOrPrintsBack() =>
        Gen.Select(ValidPath, Gen.Int[0, 200], Gen.OneOf("..", "/", "//", "%2f", "%", "A", ":", "a", "-", "é", "\0", ""))
            .Sample(
                (path, at, inserted) =>
                {
                    var mutated = path.Insert(Math.Min(at, path.Length), inserted);
                    return RefusedOrPrintsBack(mutated);
                },
                iter: 20_000);

    [Fact]
    public void AnyText_IsRefusedOrPrintsBack() =>
        Gen.Select(Gen.OneOf("", "/v2/", "/v2/a/blobs/", "/v2/a/manifests/"), Gen.String)
            .Sample((start, rest) => RefusedOrPrintsBack(start + rest));

    private static bool RefusedOrPrintsBack(string path)
    {
        var error = OciRoute.TryParse(path, out var route);
        if (error is not null)
        {
            return error.Status is 400 or 404 or 414 && error.Message.Length > 0 && route == default;
        }

        // An upload begins with or without a slash at the end.
        return Print(route) == path || (route is { Kind: RouteKind.Upload, Session: null } && Print(route).TrimEnd('/') == path);
    }

    private static string Print(OciRoute route) => route.Kind switch
    {
        RouteKind.Ping => "/v2/",
        RouteKind.Catalog => "/v2/_catalog",
        RouteKind.Manifest => $"/v2/{route.Repository}/manifests/{route.Reference}",
        RouteKind.Blob => $"/v2/{route.Repository}/blobs/{route.Digest}",
        RouteKind.Referrers => $"/v2/{route.Repository}/referrers/{route.Digest}",
        RouteKind.Tags => $"/v2/{route.Repository}/tags/list",
        RouteKind.Upload => $"/v2/{route.Repository}/blobs/uploads/{route.Session}",
        _ => throw new ArgumentOutOfRangeException(nameof(route)),
    };
}
