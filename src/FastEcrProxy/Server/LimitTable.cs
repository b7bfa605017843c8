namespace FastEcrProxy.Server;

/// <summary>The settings that say how much of something clients may have; a part of <see cref="SettingTable"/>.</summary>
internal static class LimitTable
{
    private const int CountMost = 1_000_000; // more than a machine has descriptors for
    private const long HeaderBytesLeast = 8 << 10; // a client's ECR token alone may have five
    private const long HeaderBytesMost = 256 << 10; // the server reads no more at a time than four times as much
    private const long BandwidthLeast = 64 << 10; // less, and a turn takes longer than clients wait
    private const long BandwidthMost = 1L << 40;

    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1); // the server looks once a second

    public static readonly Setting<int> Connections = new("Limits.Connections", Count)
    {
        Default = "10000",
        Meaning = "Most connections of clients at the same time; what is over is reset. 0: no limit.",
    };

    public static readonly Setting<int> ConnectionsPerAddress = new("Limits.ConnectionsPerAddress", Count)
    {
        Default = "2000",
        Meaning = "Most of them from one address, of IPv6 from one /64. Everybody behind NAT is one address. 0: no limit.",
    };

    public static readonly Setting<TimeSpan> KeepAlive = new("Limits.KeepAlive", Timeout)
    {
        Default = "130s",
        Meaning = "How long a connection may be idle before it is closed. Longer than clients and balancers keep theirs.",
    };

    public static readonly Setting<TimeSpan> HeadTimeout = new("Limits.HeadTimeout", Timeout)
    {
        Default = "30s",
        Meaning = "How long the head of a request may take from its first byte on.",
    };

    public static readonly Setting<TimeSpan> HandshakeTimeout = new("Limits.HandshakeTimeout", Timeout)
    {
        Default = "10s",
        Meaning = "How long a TLS handshake may take.",
    };

    public static readonly Setting<long> HeaderSize = new("Limits.HeaderSize", SettingFormats.Size(HeaderBytesLeast, HeaderBytesMost))
    {
        Default = "64KiB",
        Meaning = "Most bytes that the headers of a request may have in all.",
    };

    public static readonly Setting<int> RequestsPerAddress = new("Limits.RequestsPerAddress", Count)
    {
        Default = "0",
        Meaning = "Requests a second from one address, of IPv6 from one /64, before anything is done for them. 0: no limit.",
    };

    public static readonly Setting<int> RequestsPerUser = new("Limits.RequestsPerUser", Count)
    {
        Default = "0",
        Meaning = "Requests a second of one user, wherever they come from. 0: no limit.",
    };

    public static readonly Setting<int> RequestBurst = new("Limits.RequestBurst", SettingFormats.Number(1, CountMost))
    {
        Default = "1000",
        Meaning = "How many requests may come at once, for either; they come back at the rate above.",
    };

    public static readonly Setting<int> Transfers = new("Limits.Transfers", Count)
    {
        Default = "5000",
        Meaning = "Most layers that are sent and received at the same time. 0: no limit.",
    };

    public static readonly Setting<int> TransfersPerClient = new("Limits.TransfersPerClient", Count)
    {
        Default = "1000",
        Meaning = "Most of them for one user, or for one address where no user is known. 0: no limit.",
    };

    public static readonly Setting<int> Fills = new("Limits.Fills", Count)
    {
        Default = "1000",
        Meaning = "Most layers that are fetched from upstream at the same time; those fetched ahead have Cache.Prefetch. 0: no limit.",
    };

    public static readonly Setting<int> FillsPerClient = new("Limits.FillsPerClient", Count)
    {
        Default = "500",
        Meaning = "Most of them that one user, or address, has caused. Who joins a download that runs causes none. 0: no limit.",
    };

    public static readonly Setting<TimeSpan> Wait = new("Limits.Wait", SettingFormats.Time(SettingFormats.LongestWait))
    {
        Default = "10s",
        Meaning = "How long a request waits for its place among those four before it is told to come back; 0: not at all.",
    };

    public static readonly Setting<long> Bandwidth = new("Limits.Bandwidth", SettingFormats.Bandwidth(BandwidthLeast, BandwidthMost))
    {
        Default = "0",
        Meaning = "Most bytes of layers in a second that clients are sent, and send, all together. 0: no limit.",
    };

    public static readonly Setting<long> BandwidthPerClient =
        new("Limits.BandwidthPerClient", SettingFormats.Bandwidth(BandwidthLeast, BandwidthMost))
        {
            Default = "0",
            Meaning = "The same for one user, or for one address where no user is known. 0: no limit.",
        };

    public static readonly Setting<long> UploadSize = new("Limits.UploadSize", SettingFormats.Size(0))
    {
        Default = "52000MiB",
        Meaning = "Most bytes of one layer that is pushed; ECR takes no larger one. 0: no limit.",
    };

    /// <summary>All of them, in the order in which people read them.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Connections, ConnectionsPerAddress, KeepAlive, HeadTimeout, HandshakeTimeout, HeaderSize,
        RequestsPerAddress, RequestsPerUser, RequestBurst,
        Transfers, TransfersPerClient, Fills, FillsPerClient, Wait,
        Bandwidth, BandwidthPerClient, UploadSize,
    ];

    private static SettingFormat<int> Count => SettingFormats.Number(0, CountMost);

    private static SettingFormat<TimeSpan> Timeout => SettingFormats.Timeout(ShortestWait, SettingFormats.LongestWait);
}
