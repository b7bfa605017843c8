namespace FastEcrProxy.Observability;

/// <summary>The tags of measurements, made once, so that tagging one allocates nothing.</summary>
/// <remarks>Few values by design: never a repository, a tag, a digest or a client.</remarks>
internal static class Tags
{
    private const int StatusMin = 100;
    private const int StatusMax = 599;
    private const int NoAnswer = 0;

    /// <summary>How many statuses <see cref="PlaceOf"/> tells apart.</summary>
    public const int StatusPlaces = StatusMax - StatusMin + 2;

    private static readonly KeyValuePair<string, object?> StatusOther = Tag("status", "other");

    private static readonly KeyValuePair<string, object?>[] Kinds = Of<RequestKind>("kind");
    private static readonly KeyValuePair<string, object?>[] Outcomes = Of<CacheOutcome>("outcome");
    private static readonly KeyValuePair<string, object?>[] Peers = Of<UpstreamPeer>("peer");
    private static readonly KeyValuePair<string, object?>[] Ends = Of<FillEnd>("end");
    private static readonly KeyValuePair<string, object?>[] Limits = Of<Limit>("limit");

    private static readonly KeyValuePair<string, object?>[] Statuses =
        [.. Enumerable.Range(StatusMin, StatusPlaces - 1).Select(status => Tag("status", status)), StatusOther];

    private static readonly KeyValuePair<string, object?>[] StatusClasses =
        [.. new[] { "none", "1xx", "2xx", "3xx", "4xx", "5xx" }.Select(value => Tag("status", value))];

    public static KeyValuePair<string, object?> Kind(RequestKind kind) => Kinds[(int)kind];

    public static KeyValuePair<string, object?> Outcome(CacheOutcome outcome) => Outcomes[(int)outcome];

    public static KeyValuePair<string, object?> Peer(UpstreamPeer peer) => Peers[(int)peer];

    public static KeyValuePair<string, object?> End(FillEnd end) => Ends[(int)end];

    public static KeyValuePair<string, object?> Of(Limit limit) => Limits[(int)limit];

    /// <summary>A status's place among those that are told apart, from 0.</summary>
    public static int PlaceOf(int status) => status is >= StatusMin and <= StatusMax ? status - StatusMin : StatusPlaces - 1;

    /// <summary>The status as a number; <c>other</c> for what is no HTTP status, so that no peer can make new series.</summary>
    /// <param name="place">By <see cref="PlaceOf"/>.</param>
    public static KeyValuePair<string, object?> StatusAt(int place) => Statuses[place];

    /// <summary><c>2xx</c>, <c>4xx</c>, …; <c>none</c> where no answer came (status 0).</summary>
    public static KeyValuePair<string, object?> StatusClass(int status) => status switch
    {
        NoAnswer => StatusClasses[0],
        >= StatusMin and <= StatusMax => StatusClasses[status / 100],
        _ => StatusOther,
    };

    private static KeyValuePair<string, object?>[] Of<T>(string name)
        where T : struct, Enum =>
        [.. Enum.GetNames<T>().Select(value => Tag(name, value.ToLowerInvariant()))];

    private static KeyValuePair<string, object?> Tag(string name, object value) => new(name, value);
}
