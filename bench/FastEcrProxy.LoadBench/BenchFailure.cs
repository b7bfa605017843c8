namespace FastEcrProxy.LoadBench;

/// <summary>A run that is not worth its figures: a wrong answer, a server that does not start. The message is for people.</summary>
internal sealed class BenchFailure(string message) : Exception(message);
