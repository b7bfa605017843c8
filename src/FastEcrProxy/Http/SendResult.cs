using FastEcrProxy.Oci;

namespace FastEcrProxy.Http;

/// <summary>How the sending of a body ended.</summary>
internal enum SendEnd
{
    /// <summary>Every byte that was promised has been handed to the connection.</summary>
    Complete,

    /// <summary>The client hung up.</summary>
    ClientLeft,

    /// <summary>There was not even a first byte, and nothing has been sent: an error can still be answered.</summary>
    NotStarted,

    /// <summary>The bytes ended early and the connection was broken off.</summary>
    Aborted,
}

/// <summary>What was sent of a body, and why no more.</summary>
/// <param name="End">How it ended.</param>
/// <param name="SentBytes">Bytes of body that the connection took.</param>
/// <param name="Failure">Why, where it is <see cref="SendEnd.NotStarted"/> or <see cref="SendEnd.Aborted"/>.</param>
internal readonly record struct SendResult(SendEnd End, long SentBytes, FetchFailure? Failure = null);
