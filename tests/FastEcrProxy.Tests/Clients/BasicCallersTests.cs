using System.Net;
using FastEcrProxy.Clients;
using FastEcrProxy.Tests.Http;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Clients;

public sealed class BasicCallersTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private readonly FakeTimeProvider _time = new();
    private readonly LogOf<HtpasswdFile> _log = new();
    private readonly BasicCallers _callers;

    public BasicCallersTests()
    {
        Write("ann", "right");
        var file = new HtpasswdFile(_path, _time, _log);
        file.Refresh();
        _callers = new BasicCallers(file, _time);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _callers.Dispose();
        File.Delete(_path);
    }

    [Theory]
    [InlineData("ann", "right", true)]
    [InlineData("ann", "wrong", false)]
    [InlineData("ann", "", false)]
    [InlineData("Ann", "right", false)]
    [InlineData("bob", "right", false)]
    [InlineData("", "", false)]
    public async Task UserAndPassword_AreThoseOfTheFileOrRefused(string user, string password, bool isRight)
    {
        var recognition = await _callers.RecogniseAsync(Proof(user, password), Cancel);

        Assert.Equal(isRight ? new Caller(user, ClientWay.Basic) : null, recognition.Caller);
        Assert.Equal(!isRight, recognition.Refusal is not null);
    }

    [Fact]
    public async Task WhoShowsNoPassword_IsNothingToThisWay() =>
        Assert.Equal(Recognition.Nothing, await _callers.RecogniseAsync(new ClientProof(IPAddress.Loopback, Bearer: "x"), Cancel));

    [Fact]
    public async Task WhoWasRight_IsRememberedForAWhile()
    {
        await _callers.RecogniseAsync(Proof("ann", "right"), Cancel);

        Assert.NotNull(_callers.Recall(Proof("ann", "right")));
        Assert.Null(_callers.Recall(Proof("ann", "wrong")));
        Assert.Null(_callers.Recall(Proof("annr", "ight")));
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Null(_callers.Recall(Proof("ann", "right")));
    }

    [Fact]
    public async Task PasswordThatIsChangedInTheFile_IsTheOnlyOneThenThoughTheOldOneWasRemembered()
    {
        await _callers.RecogniseAsync(Proof("ann", "right"), Cancel);

        Write("ann", "new");
        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.Null(_callers.Recall(Proof("ann", "right")));
        Assert.NotNull((await _callers.RecogniseAsync(Proof("ann", "right"), Cancel)).Refusal);
        Assert.NotNull((await _callers.RecogniseAsync(Proof("ann", "new"), Cancel)).Caller);
    }

    [Fact]
    public async Task FileThatIsDamagedOrGone_LeavesItsUsersAndIsToldOfOnce()
    {
        await File.WriteAllTextAsync(_path, "ann:secret", Cancel);
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(3));
            Assert.NotNull((await _callers.RecogniseAsync(Proof("ann", "right"), Cancel)).Caller);
        }

        File.Delete(_path);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.NotNull((await _callers.RecogniseAsync(Proof("ann", "right"), Cancel)).Caller);

        Assert.Equal(2, _log.Lines.Count);
        Assert.DoesNotContain(_log.Lines, line => line.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ManyPasswordsAtOnce_AreCheckedAFewAtATimeAndTheRestIsToldToComeAgain()
    {
        var all = Enumerable.Range(0, 200).Select(i => _callers.RecogniseAsync(Proof("ann", $"wrong {i}"), Cancel).AsTask()).ToList();

        var recognitions = await Task.WhenAll(all);

        Assert.All(recognitions, recognition => Assert.Null(recognition.Caller));
        Assert.Contains(recognitions, recognition => recognition.Trouble is not null);
        Assert.Contains(recognitions, recognition => recognition.Refusal is not null);
    }

    private static ClientProof Proof(string user, string password) => new(IPAddress.Loopback, user, password);

    private void Write(string user, string password) => File.WriteAllText(_path, $"{user}:{BCrypt.Net.BCrypt.HashPassword(password, 4)}\n");
}
