namespace FastEcrProxy.Admin;

/// <summary>What a probe of <c>/readyz</c> heard.</summary>
/// <param name="Ready">Whether the proxy answered that it is ready.</param>
/// <param name="Body">Its JSON, or in words why there was no answer.</param>
internal readonly record struct ProbeAnswer(bool Ready, string Body);
