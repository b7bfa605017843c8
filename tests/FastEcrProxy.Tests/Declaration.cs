namespace FastEcrProxy.Tests;

/// <summary>A type, or a member of one that has a body, as it stands in a file.</summary>
/// <param name="Name">As it is declared, without generic parameters.</param>
/// <param name="IsType">Class, struct, record, interface, enum or delegate; otherwise method, constructor, operator or property.</param>
/// <param name="FirstLine">Counted from 1, attributes left out.</param>
/// <param name="LastLine">Where its body ends.</param>
/// <param name="AttributesLine">Where its attributes begin, or <paramref name="FirstLine"/>: doc comments stand above.</param>
internal sealed record Declaration(string Name, bool IsType, int FirstLine, int LastLine, int AttributesLine)
{
    /// <summary>As a person counts them: from the signature to the closing brace.</summary>
    public int Lines => LastLine - FirstLine + 1;
}
