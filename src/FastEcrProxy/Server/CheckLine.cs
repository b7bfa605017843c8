namespace FastEcrProxy.Server;

/// <summary>Whether a line of <c>check</c> is good news.</summary>
internal enum CheckVerdict
{
    Well,

    /// <summary>Nothing is broken, but somebody may expect something else.</summary>
    Note,

    /// <summary>It would not work; the text says what to do.</summary>
    Failed,
}

/// <summary>One line of <c>check</c>.</summary>
internal readonly record struct CheckLine(CheckVerdict Verdict, string Text)
{
    public static CheckLine Well(string text) => new(CheckVerdict.Well, text);

    public static CheckLine Note(string text) => new(CheckVerdict.Note, text);

    public static CheckLine Failed(string text) => new(CheckVerdict.Failed, text);
}
