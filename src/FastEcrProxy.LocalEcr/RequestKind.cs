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

    /// <summary>POST that asks for an upload and brings nothing.</summary>
    StartUpload = 1 << 16,

    /// <summary>POST with the whole blob and its digest.</summary>
    UploadWhole = 1 << 17,

    /// <summary>POST that asks for a blob of another repository.</summary>
    MountBlob = 1 << 18,

    /// <summary>PATCH of an upload.</summary>
    UploadPart = 1 << 19,

    /// <summary>PUT of an upload, with the last bytes or without.</summary>
    FinishUpload = 1 << 20,
    UploadStatus = 1 << 21,
    CancelUpload = 1 << 22,
    PutManifestByTag = 1 << 23,
    PutManifestByDigest = 1 << 24,
    DeleteManifestByTag = 1 << 25,
    DeleteManifestByDigest = 1 << 26,
    DeleteBlob = 1 << 27,

    /// <summary>Of a registry's token service.</summary>
    GetBearerToken = 1 << 28,

    /// <summary>Of the control plane.</summary>
    CreateRepository = 1 << 29,

    AnyManifestByTag = GetManifestByTag | HeadManifestByTag,
    AnyManifestByDigest = GetManifestByDigest | HeadManifestByDigest,
    AnyManifest = AnyManifestByTag | AnyManifestByDigest,
    AnyBlob = GetBlob | HeadBlob,

    /// <summary>Everything about uploads.</summary>
    AnyUpload = StartUpload | UploadWhole | MountBlob | UploadPart | FinishUpload | UploadStatus | CancelUpload,

    /// <summary>The requests that may carry bytes of a blob.</summary>
    AnyUploadBody = UploadWhole | UploadPart | FinishUpload,
    AnyManifestPut = PutManifestByTag | PutManifestByDigest,
    AnyDelete = DeleteManifestByTag | DeleteManifestByDigest | DeleteBlob,

    /// <summary>Everything that changes, or asks about a change.</summary>
    AnyPush = AnyUpload | AnyManifestPut | AnyDelete,
    AnyRegistry = Ping | AnyManifest | AnyBlob | ListTags | ListReferrers | ListRepositories | AnyPush | OtherRegistry,
    AnyLayer = GetLayer | GetLayerRange,
    AnyLayers = AnyLayer | OtherLayers,
    AnyControlPlane = GetAuthorizationToken | CreateRepository | OtherControlPlane,
    Any = AnyRegistry | AnyLayers | AnyControlPlane | GetBearerToken,
}
