namespace FastEcrProxy.LocalEcr;

/// <summary>How a body that ends too early ends.</summary>
public enum CutHow
{
    /// <summary>All bytes up to the cut arrive, then a clean end of the TCP stream.</summary>
    Finish,

    /// <summary>The connection is reset; bytes still on their way may be lost.</summary>
    Reset,
}
