using System.Net;
using FastEcrProxy.FunctionalTests.Proxy;

namespace FastEcrProxy.FunctionalTests.Blobs;

/// <summary>How one GET ended, broken connections included.</summary>
/// <param name="Status">Zero where the connection broke before an answer.</param>
/// <param name="Bytes">All of the body that came.</param>
/// <param name="IsWhole">Whether the body ended where its head said.</param>
/// <param name="Text">Head and body as text, for asserts on what must not stand in them.</param>
internal sealed record Pull(HttpStatusCode Status, byte[] Bytes, bool IsWhole, string Text)
{
    public static async Task<Pull> RunAsync(PullClient client, string url, params (string Name, string Value)[] headers)
    {
        HttpResponseMessage answer;
        try
        {
            answer = await client.GetAsync(url, headers);
        }
        catch (HttpRequestException)
        {
            return new Pull(0, [], false, "");
        }

        using (answer)
        {
            var (bytes, isWhole) = await ReadAsync(answer);
            var text = $"{answer}\n{System.Text.Encoding.Latin1.GetString(bytes.AsSpan(0, Math.Min(bytes.Length, 4096)))}";
            return new Pull(answer.StatusCode, bytes, isWhole, text);
        }
    }

    /// <summary>Exactly so many bytes of a body that goes on.</summary>
    public static async Task<byte[]> ReadAsync(HttpResponseMessage answer, int count)
    {
        var body = await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var bytes = new byte[count];
        await body.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken);
        return bytes;
    }

    /// <summary>What is left of a body, and whether it ended where its head said.</summary>
    public static async Task<(byte[] Bytes, bool IsWhole)> ReadAsync(HttpResponseMessage answer)
    {
        var cancel = TestContext.Current.CancellationToken;
        var body = await answer.Content.ReadAsStreamAsync(cancel);
        var buffer = new byte[64 << 10];
        using var bytes = new MemoryStream();
        try
        {
            while (await body.ReadAsync(buffer, cancel) is > 0 and var read)
            {
                bytes.Write(buffer, 0, read);
            }

            return (bytes.ToArray(), true);
        }
        catch (IOException)
        {
            return (bytes.ToArray(), false);
        }
    }

    /// <summary>A refusal in the registry's own words.</summary>
    public void AssertError(HttpStatusCode status, string code)
    {
        Assert.Equal(status, Status);
        Assert.Contains($"\"code\":\"{code}\"", Text.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    /// <summary>Refused, or cut off so that nobody takes it for the whole.</summary>
    public void AssertNotGiven(TestLayer layer)
    {
        Assert.True(Status is 0 or >= HttpStatusCode.InternalServerError || !IsWhole, $"{Bytes.Length} bytes ended as if they were whole");
        Assert.True(Bytes.Length < layer.Bytes.Length, "every byte was sent");
    }

    public void AssertWhole(TestLayer layer)
    {
        Assert.True(Status == HttpStatusCode.OK, Text);
        Assert.True(IsWhole, $"broken off after {Bytes.Length} of {layer.Bytes.Length} bytes");
        Assert.True(layer.Bytes.AsSpan().SequenceEqual(Bytes), "the bytes are not the layer's");
    }
}
