using System.Text.RegularExpressions;

namespace FastEcrProxy.Tests;

/// <summary>Finds the types of a file and their members that have a body. What is inside a body belongs to the member.</summary>
internal sealed partial class DeclarationReader
{
    private readonly string _code;
    private readonly List<Declaration> _found = [];
    private int _at;

    private DeclarationReader(string code) => _code = code;

    /// <param name="code">What <see cref="CodeText"/> leaves.</param>
    public static IReadOnlyList<Declaration> Read(string code)
    {
        var reader = new DeclarationReader(code);
        while (reader.SkipBlanks())
        {
            reader.ReadMembers();
        }

        return reader._found;
    }

    /// <summary>To the closing brace of the type whose members these are, or to the end of the file.</summary>
    private void ReadMembers()
    {
        while (SkipBlanks())
        {
            if (_code[_at] is '}' or ';')
            {
                if (_code[_at++] == '}')
                {
                    return;
                }
            }
            else
            {
                ReadMember();
            }
        }
    }

    private void ReadMember()
    {
        var attributes = _at;
        while (_code[_at] == '[')
        {
            SkipPair('[', ']');
            if (!SkipBlanks())
            {
                return;
            }
        }

        var start = _at;
        var (assigned, expression) = (false, false);
        while (_at < _code.Length)
        {
            switch (_code[_at])
            {
                case '(':
                    SkipPair('(', ')');
                    break;
                case '[':
                    SkipPair('[', ']');
                    break;
                case '=':
                    expression |= !assigned && Next() == '>';
                    assigned |= !expression && !Operator().IsMatch(_code[start.._at]);
                    _at += Next() is '>' or '=' ? 2 : 1;
                    break;
                case '{' when TypeName(_code[start.._at]) is { } name:
                    ReadType(name, start, attributes);
                    return;
                case '{':
                    SkipPair('{', '}');
                    if (!assigned && !expression)
                    {
                        Add(MemberName(_code[start.._at]), isType: false, start, attributes);
                        SkipInitializer();
                        return;
                    }

                    break;
                case ';':
                    _at++;
                    AddWithoutBlock(_code[start.._at], expression, start, attributes);
                    return;
                case '}':
                    return; // statements at the top of a file, or no C#
                default:
                    _at++;
                    break;
            }
        }
    }

    private void ReadType(string name, int start, int attributes)
    {
        var isEnum = EnumWord().IsMatch(_code[start.._at]);
        var place = _found.Count;
        if (isEnum)
        {
            SkipPair('{', '}');
        }
        else
        {
            _at++;
            ReadMembers();
        }

        if (name.Length > 0)
        {
            _found.Insert(place, Declared(name, isType: true, start, attributes));
        }
    }

    private void AddWithoutBlock(string text, bool expression, int start, int attributes)
    {
        if (TypeName(text) is { Length: > 0 } type)
        {
            Add(type, isType: true, start, attributes);
        }
        else if (expression)
        {
            Add(MemberName(text), isType: false, start, attributes);
        }
    }

    /// <summary>The end of <c>{ get; } = value;</c>.</summary>
    private void SkipInitializer()
    {
        var end = _at;
        if (!SkipBlanks() || _code[_at] != '=')
        {
            _at = end;
            return;
        }

        while (_at < _code.Length && _code[_at] != ';')
        {
            if (_code[_at] == '{')
            {
                SkipPair('{', '}');
            }
            else
            {
                _at++;
            }
        }
    }

    private void Add(string name, bool isType, int start, int attributes) => _found.Add(Declared(name, isType, start, attributes));

    private Declaration Declared(string name, bool isType, int start, int attributes) =>
        new(name, isType, LineOf(start), LineOf(_at - 1), LineOf(attributes));

    private int LineOf(int index) => _code.AsSpan(0, index).Count('\n') + 1;

    private char Next() => _at + 1 < _code.Length ? _code[_at + 1] : '\0';

    private bool SkipBlanks()
    {
        while (_at < _code.Length && char.IsWhiteSpace(_code[_at]))
        {
            _at++;
        }

        return _at < _code.Length;
    }

    private void SkipPair(char open, char close)
    {
        var depth = 0;
        do
        {
            depth += _code[_at] == open ? 1 : _code[_at] == close ? -1 : 0;
            _at++;
        }
        while (depth > 0 && _at < _code.Length);
    }

    /// <summary>The name of the type that a header declares; empty for a namespace or an extension block; null for a member.</summary>
    private static string? TypeName(string header)
    {
        var before = header.Split('(', ':', '=', ';')[0];
        if (GroupWord().IsMatch(before))
        {
            return "";
        }

        if (DelegateWord().IsMatch(before))
        {
            return MemberName(header);
        }

        return TypeWord().Match(before) is { Success: true } type ? type.Groups["name"].Value : null;
    }

    private static string MemberName(string header)
    {
        while (Generic().Replace(header, "") is var plain && plain.Length < header.Length)
        {
            header = plain;
        }

        return NameWord().Match(header).Groups["name"].Value;
    }

    [GeneratedRegex(@"\boperator\s*[=!<>]?$")]
    private static partial Regex Operator();

    [GeneratedRegex(@"^\s*(namespace\b|extension\b)")]
    private static partial Regex GroupWord();

    [GeneratedRegex(@"\bdelegate\s+[\w(]")]
    private static partial Regex DelegateWord();

    [GeneratedRegex(@"\benum\s")]
    private static partial Regex EnumWord();

    [GeneratedRegex(@"\b(class|struct|interface|enum|record(\s+(class|struct))?)\s+(?<name>\w+)")]
    private static partial Regex TypeWord();

    [GeneratedRegex(@"(?<=\w)<[^<>(){}=]*>")]
    private static partial Regex Generic();

    // The word before the parameters, the accessors or the body; a modifier there stands before a tuple.
    [GeneratedRegex(
        @"(?<name>\boperator\s*[^\s\w(]+|\bthis(?=\s*\[)|\b(?!(public|private|internal|protected|static|async|override|readonly)\b)[\w.]+)"
        + @"\s*(\(|\{|=>|(?<=this\s*)\[)")]
    private static partial Regex NameWord();
}
