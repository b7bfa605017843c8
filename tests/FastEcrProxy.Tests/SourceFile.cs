namespace FastEcrProxy.Tests;

/// <summary>One file of the repository.</summary>
/// <param name="path">From the repository's root, with slashes.</param>
/// <param name="text">All of it.</param>
internal sealed class SourceFile(string path, string text)
{
    private readonly Lazy<string> _code = new(() => CodeText.Of(text));
    private readonly Lazy<IReadOnlyList<Declaration>> _declarations = new(() => DeclarationReader.Read(CodeText.Of(text)));

    public string Path { get; } = path;

    public string Text { get; } = text;

    public string[] Lines { get; } = text.TrimEnd('\n').Split('\n');

    /// <summary>The same text, with blanks for comments, directives and the contents of strings.</summary>
    public string Code => _code.Value;

    public IReadOnlyList<Declaration> Declarations => _declarations.Value;

    /// <summary>A finding as editors and terminals make it a link.</summary>
    public string At(int line, string finding) => $"{Path}:{line}: {finding}";

    /// <summary>The line, counted from 1, of a place in the text or the code.</summary>
    public int LineOf(int index) => Text.AsSpan(0, index).Count('\n') + 1;
}
