namespace FastEcrProxy.Server;

/// <summary>The settings that say how much of something clients may have; a part of <see cref="SettingTable"/>.</summary>
internal static class LimitTable
{
    /// <summary>All of them, in the order in which people read them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [];
}
