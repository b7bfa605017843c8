namespace FastEcrProxy.Observability;

/// <summary>How the download of one blob into the cache ended.</summary>
internal enum FillEnd
{
    Published, // digest right, stored
    Failed,    // given up, nothing is left
    Kept,      // stopped on the way; the part on disk stays for a later resume
}
