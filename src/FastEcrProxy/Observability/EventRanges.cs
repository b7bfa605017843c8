namespace FastEcrProxy.Observability;

/// <summary>Which folder owns which event ids: the id in a JSON log line names the place in the source.</summary>
internal static class EventRanges
{
    /// <summary>Folder → first and last id, both included. A test holds every log message of the source to it.</summary>
    public static IReadOnlyDictionary<string, (int First, int Last)> ByFolder { get; } = new Dictionary<string, (int, int)>
    {
        ["Server"] = (1000, 1099),
        ["Ecr"] = (2000, 2099),
        ["Http"] = (3000, 3099),
        ["Cache"] = (4000, 4099),
        ["Upstream"] = (5000, 5099),
        ["Admin"] = (6000, 6099),
        ["Transport"] = (7000, 7099),
        ["Clients"] = (8000, 8099),
    };
}
