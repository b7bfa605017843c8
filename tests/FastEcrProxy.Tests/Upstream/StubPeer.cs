namespace FastEcrProxy.Tests.Upstream;

/// <summary>A peer without a network: every request is kept, and answered as the test says.</summary>
internal sealed class StubPeer : HttpMessageHandler
{
    private readonly Queue<Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>>> _answers = [];

    /// <summary>Method and address of every request so far.</summary>
    public List<string> Asked { get; } = [];

    public List<HttpRequestMessage> Requests { get; } = [];

    public HttpRequestMessage Last => Requests[^1];

    public StubPeer Answers(Func<HttpResponseMessage> answer, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            _answers.Enqueue((_, _) => Task.FromResult(answer()));
        }

        return this;
    }

    /// <summary>Takes in a request's body before it answers.</summary>
    public StubPeer Takes(MemoryStream body, Func<HttpResponseMessage> answer)
    {
        _answers.Enqueue(async (request, cancel) =>
        {
            await request.Content!.CopyToAsync(body, cancel);
            return answer();
        });
        return this;
    }

    public StubPeer Fails(Exception exception)
    {
        _answers.Enqueue((_, _) => Task.FromException<HttpResponseMessage>(exception));
        return this;
    }

    public StubPeer Hangs()
    {
        _answers.Enqueue(async (_, cancel) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
            return new HttpResponseMessage();
        });
        return this;
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests.Add(request);
        Asked.Add($"{request.Method} {request.RequestUri!.AbsoluteUri}");
        Assert.True(_answers.Count > 0, $"{Asked[^1]} was not expected.");
        return _answers.Dequeue()(request, cancellationToken);
    }
}
