namespace FastEcrProxy.Server;

/// <summary>What a setting's text is read as. Documentation and schema go by it.</summary>
internal enum SettingKind
{
    Size,
    Duration,
    Address,
    Host,
    Uri,
    Path,
    Bool,
    Number,
    Choice,
    List,
    Region,
    Text,
}
