namespace FastEcrProxy.Primitives;

/// <summary>What became of the wish for one of the <see cref="Places{TKey}"/>.</summary>
internal enum PlaceAnswer
{
    /// <summary>It is taken, and has to be given back.</summary>
    Taken,

    /// <summary>Who wants it has as many as anyone may have.</summary>
    TheirsTaken,

    /// <summary>There is none left for anybody.</summary>
    AllTaken,
}
