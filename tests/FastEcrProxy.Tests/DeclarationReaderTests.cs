namespace FastEcrProxy.Tests;

public sealed class DeclarationReaderTests
{
    private const string Awkward = """"
        using System;
        namespace A.B;

        /// <summary>class Comment { }</summary>
        [Some("class Attribute {")]
        internal sealed partial class Outer<T>(string text = "}") : Base<T>, IDisposable
            where T : class, new()
        {
            private const string Brace = "}{" + @"\" + @"""}" + "\"}" + $"{{{Brace("}")}" + $@"{"{"}";
            private static readonly char[] Chars = ['{', '\'', '"', '}'];
            private static readonly Func<int> Field = () =>
            {
                return 1;
            };

            // } a comment closes nothing
            public int Property { get; set; } = new Thing { Value = 1 }.Value;

            public int Arrow => this switch
            {
                _ => 1,
            };

            [Fact]
            [Other]
            public async Task<int> Method<TOther>(
                int a = 5)
                where TOther : class
            {
                /* } */
                var raw = $$"""
                    } {{{a}} "" }
                    """;
                Local(() => { });
                void Local(Action action)
                {
                }

                return 1;
            }

            public static bool operator ==(Outer<T> a, Outer<T> b)
            {
                return true;
            }

            public abstract void Nothing();
        #if X }
        #endif
            private enum Inner { A, B = 2 }
            internal delegate Task Open(long offset);
        }

        internal readonly record struct Point(int X, int Y);
        internal static class Extensions
        {
            extension(Point point)
            {
                public int Sum => point.X
                    + point.Y;
            }
        }
        """";

    private static readonly Lazy<IReadOnlyList<Declaration>> Found = new(() => DeclarationReader.Read(CodeText.Of(Awkward)));

    [Fact]
    public void Types_AreFoundWithTheirLines() =>
        Assert.Equal(
            ["Outer 6-52", "Inner 50-50", "Open 51-51", "Point 54-54", "Extensions 55-62"],
            Found.Value.Where(declaration => declaration.IsType).Select(Text));

    [Fact]
    public void MembersWithABody_AreFoundWithTheirLines() =>
        Assert.Equal(
            ["Property 17-17", "Arrow 19-22", "Method 26-40", "operator == 42-45", "Sum 59-60"],
            Found.Value.Where(declaration => !declaration.IsType).Select(Text));

    [Fact]
    public void Attributes_StandBetweenTheDocCommentAndTheFirstLine()
    {
        Assert.Equal(5, Found.Value.Single(declaration => declaration.Name == "Outer").AttributesLine);
        Assert.Equal(24, Found.Value.Single(declaration => declaration.Name == "Method").AttributesLine);
    }

    [Fact]
    public void TextsAndComments_BecomeBlanksOfTheSameLength()
    {
        const string Source = "a(\"b\", 'c', @\"d\"\"\", $\"e{f(\"g\")}h{{i}}\"); // j\n/* k */ l(\"\"\"m\"n\"\"\");\n#if o\np();";

        var code = CodeText.Of(Source);

        Assert.Equal(Source.Length, code.Length);
        Assert.Equal("a(,,,f());\nl();\n\np();", code.Replace(" ", "", StringComparison.Ordinal));
    }

    private static string Text(Declaration declaration) => $"{declaration.Name} {declaration.FirstLine}-{declaration.LastLine}";
}
