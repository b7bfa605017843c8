namespace FastEcrProxy.LocalEcr;

/// <summary>What a request asks for. Counted one by one; combined when a fault is to hit several kinds.</summary>
[Flags]
public enum RequestKind
{
    None = 0,

    Ping = 1 << 0,
    GetManifestByTag = 1 << 1,
    GetManifestByDigest = 1 << 2,
    HeadManifestByTag = 1 << 3,
    HeadManifestByDigest = 1 << 4,
    GetBlob = 1 << 5,
    HeadBlob = 1 << 6,
    ListTags = 1 << 7,
    ListReferrers = 1 << 8,
    ListRepositories = 1 << 9,
    OtherRegistry = 1 << 10,

    GetLayer = 1 << 11,
    GetLayerRange = 1 << 12,
    OtherLayers = 1 << 13,

    GetAuthorizationToken = 1 << 14,
    OtherControlPlane = 1 << 15,

    AnyManifestByTag = GetManifestByTag | HeadManifestByTag,
    AnyManifestByDigest = GetManifestByDigest | HeadManifestByDigest,
    AnyManifest = AnyManifestByTag | AnyManifestByDigest,
    AnyBlob = GetBlob | HeadBlob,
    AnyRegistry = Ping | AnyManifest | AnyBlob | ListTags | ListReferrers | ListRepositories | OtherRegistry,
    AnyLayer = GetLayer | GetLayerRange,
    AnyLayers = AnyLayer | OtherLayers,
    AnyControlPlane = GetAuthorizationToken | OtherControlPlane,
    Any = AnyRegistry | AnyLayers | AnyControlPlane,
}
