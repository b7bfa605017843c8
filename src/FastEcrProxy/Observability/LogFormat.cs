namespace FastEcrProxy.Observability;

/// <summary>How log lines are written: for a person, or for a machine that collects them.</summary>
internal enum LogFormat
{
    Text,
    Json,
}
