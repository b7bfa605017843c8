namespace FastEcrProxy.Server;

/// <summary>The proxy cannot start, for a reason that the person who starts it can mend: the message is for them.</summary>
internal sealed class StartException(string message, Exception inner) : Exception(message, inner);
