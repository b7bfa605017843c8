namespace FastEcrProxy.Server;

/// <summary>One thing that stands in the configuration file.</summary>
/// <param name="Key">The names on the way to it, joined by dots, and the numbers in lists.</param>
/// <param name="Text">As text; null for what holds nothing: <c>null</c>, <c>{}</c> and <c>[]</c>.</param>
/// <param name="IsObject">Whether it is <c>{}</c>.</param>
internal readonly record struct FileValue(string Key, string? Text, bool IsObject);
