namespace FastEcrProxy.Clients;

/// <summary>How long keys of an issuer are used before it is asked again.</summary>
/// <param name="Refresh">From this age on, they are had anew beside the requests.</param>
/// <param name="Stale">
/// From this age on, a request waits for it, since a key may have been withdrawn while nobody called; but not again and again for
/// an issuer that is down.
/// </param>
/// <param name="Again">Nobody is asked again sooner, whatever keys tokens name and however it went.</param>
internal readonly record struct KeyTimes(TimeSpan Refresh, TimeSpan Stale, TimeSpan Again)
{
    /// <summary>Issuers announce a new key a day or so before they use it, and withdraw one at once when it has been stolen.</summary>
    public static readonly KeyTimes OfIssuer = new(TimeSpan.FromMinutes(10), TimeSpan.FromHours(1), TimeSpan.FromSeconds(10));

    /// <summary>Reading a file costs less than a request; what has changed is seen by its content.</summary>
    public static readonly KeyTimes OfFile = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
}
