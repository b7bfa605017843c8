namespace FastEcrProxy.Upstream;

/// <summary>How far a body got, and who is to blame where it did not get to its end.</summary>
internal enum UploadEnd
{
    /// <summary>Nothing of it has been read.</summary>
    NotBegun,

    /// <summary>On its way.</summary>
    Sending,

    /// <summary>The registry has all of it.</summary>
    Whole,

    /// <summary>The registry answered before it had all of it; the rest is still the client's.</summary>
    Answered,

    /// <summary>The client hung up, or what it sent is no body.</summary>
    ClientLeft,

    /// <summary>The client sent nothing for too long.</summary>
    ClientStalled,

    /// <summary>The client sent more than it may.</summary>
    TooLarge,

    /// <summary>The registry, or the way there, took no more of it.</summary>
    Broken,
}
