namespace FastEcrProxy.Observability;

/// <summary>What a request was about, as metrics and the request log group it.</summary>
internal enum RequestKind
{
    Ping,
    Manifest,
    Blob,
    Tags,
    Referrers,
    Upload,
    Catalog,
    Health,
    Token,
    Unknown,
}
