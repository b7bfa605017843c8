namespace FastEcrProxy.Server;

/// <summary>The configuration as read: settings to run with, or everything that is wrong.</summary>
/// <param name="Settings">Null if there are errors.</param>
/// <param name="Errors">All of them, one line each.</param>
/// <param name="Values">What holds for each setting and where it comes from, for <c>check</c>.</param>
internal sealed record SettingsResult(ProxySettings? Settings, IReadOnlyList<SettingError> Errors, SettingValues Values);
