using FastEcrProxy.Clients;

namespace FastEcrProxy.Tests.Clients;

public sealed class HtpasswdUsersTests
{
    // Made by htpasswd -nbB -C 4; the password is the user's name.
    private static readonly string Ann =
        "ann:" + BCrypt.Net.BCrypt.HashPassword("ann", 4).Replace("$2a$", "$2y$", StringComparison.Ordinal);
    private static readonly string Bob = "bob:" + BCrypt.Net.BCrypt.HashPassword("bob", 5);

    [Fact]
    public void UsersOfAFile_AreFoundByTheirNames()
    {
        var (users, problem) = HtpasswdUsers.Parse($"# who may come in\n{Ann}\r\n\n  {Bob}  \n");

        Assert.Null(problem);
        Assert.True(BCrypt.Net.BCrypt.Verify("ann", users!.HashOf("ann")));
        Assert.Null(users.HashOf("Ann"));
        Assert.Equal(users.HashOf("bob"), users.AnyHash); // the dearest: no answer comes sooner than for a user
    }

    /// <summary>What stands in a file, and what is said about it.</summary>
    public static TheoryData<string, string> Bad => new()
    {
        { "", "there is no user in it; add one with htpasswd -B" },
        { "# nobody", "there is no user in it; add one with htpasswd -B" },
        { "ann", "line 1 is not user:hash; write it with htpasswd -B" },
        { ":$2y$05$x", "line 1 is not user:hash; write it with htpasswd -B" },
        { "\nann:$apr1$x$y", "line 2: the hash is not bcrypt, and weaker ones are not taken; write it anew with htpasswd -B" },
        { "ann:{SHA}x", "line 1: the hash is not bcrypt, and weaker ones are not taken; write it anew with htpasswd -B" },
        { "ann:secret", "line 1: the hash is not bcrypt, and weaker ones are not taken; write it anew with htpasswd -B" },
        { "ann:$2y$05$short", "line 1: the hash is damaged; write it anew with htpasswd -B" },
        {
            Ann.Replace("$04$", "$15$", StringComparison.Ordinal),
            "line 1: the hash has a cost of 15, over 14: each check would take seconds; write it with -C 10"
        },
        { $"{Ann}\n{Ann}", "line 2 is a second one for its user; keep one" },
    };

    [Theory, MemberData(nameof(Bad))]
    public void WhatIsNoFileOfUsers_IsSaidWithItsLineAndWithoutItsHash(string text, string expected)
    {
        var (users, problem) = HtpasswdUsers.Parse(text);

        Assert.Null(users);
        Assert.Equal(expected, problem);
    }
}
