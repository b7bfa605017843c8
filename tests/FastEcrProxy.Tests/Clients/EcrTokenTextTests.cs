using System.Text;
using CsCheck;
using FastEcrProxy.Clients;

namespace FastEcrProxy.Tests.Clients;

public sealed class EcrTokenTextTests
{
    private static readonly DateTimeOffset End = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    public static TheoryData<string> Unknown =>
    [
        "",
        "not base64!",
        Base64("no json"),
        Base64("{\"payload\":\"x\"}"),
        Base64("{\"expiration\":\"tomorrow\"}"),
        Base64("{\"expiration\":-1}"),
        Base64("{\"expiration\":99999999999999}"),
        Base64("{\"a\":{\"expiration\":1800000000}}"),
        Base64("{\"expiration\":"),
        "träge",
        "A".PadRight(20_000, 'A'),
    ];

    /// <summary>A token as AWS writes them, but for what only AWS can read.</summary>
    public static string TokenEnding(DateTimeOffset end) =>
        Base64($$"""{"payload":"cGF5bG9hZA==","version":"2","type":"DATA_KEY","expiration":{{end.ToUnixTimeSeconds()}}}""");

    [Fact]
    public void Expiration_IsRead() => Assert.Equal(End, EcrTokenText.EndOf(TokenEnding(End)));

    [Theory, MemberData(nameof(Unknown))]
    public void WhatSaysNothing_HasNoEnd(string token) => Assert.Null(EcrTokenText.EndOf(token));

    [Fact]
    public void AnyText_IsReadWithoutThrowing() => Gen.String.Sample(text =>
    {
        EcrTokenText.EndOf(text);
        EcrTokenText.EndOf(Base64(text));
    });

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
