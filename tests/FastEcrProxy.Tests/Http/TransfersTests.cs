using System.Net;
using FastEcrProxy.Clients;
using FastEcrProxy.Http;
using FastEcrProxy.Tests.Observability;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Http;

public sealed class TransfersTests : IDisposable
{
    private const long MiB = 1 << 20;

    private readonly FakeTimeProvider _time = new();
    private readonly MeasuredValues _measured = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _measured.Dispose();

    [Fact]
    public async Task WithoutAnyLimit_NothingIsCountedAndNothingMade()
    {
        var transfers = New(new LimitOptions { Transfers = 0, TransfersPerClient = 0 });

        var (transfer, _) = await transfers.BeginAsync(From("10.0.0.1"), Record());

        Assert.Same(Transfer.Free, transfer);
        Assert.Null(Transfer.Free.Pace);
    }

    [Fact]
    public async Task WithItsDefaults_NothingIsPaced()
    {
        using var transfer = (await New(new LimitOptions()).BeginAsync(From("10.0.0.1"), Record())).Transfer;

        Assert.Null(transfer!.Pace);
    }

    [Fact]
    public async Task Client_WaitsForItsOwnAndIsToldToComeBack()
    {
        var transfers = New(new LimitOptions { Transfers = 2, TransfersPerClient = 1 });
        var alice = new Caller("alice", ClientWay.Basic);
        using var first = (await transfers.BeginAsync(From("10.0.0.1"), Record(alice))).Transfer;

        var second = transfers.BeginAsync(From("10.0.0.2"), Record(alice)).AsTask(); // the user counts, wherever they are
        using var others = (await transfers.BeginAsync(From("10.0.0.1"), Record())).Transfer;
        var third = transfers.BeginAsync(From("10.0.0.3"), Record()).AsTask();
        _time.Advance(new LimitOptions().Wait);

        Assert.Equal((429, "TOOMANYREQUESTS"), ((await second).Error?.Status, (await second).Error?.Code));
        Assert.Equal((503, "UNAVAILABLE"), ((await third).Error?.Status, (await third).Error?.Code));
        Assert.NotNull((await second).Error?.RetryAfter);
        Assert.NotNull((await third).Error?.RetryAfter);
    }

    [Fact]
    public async Task PlaceThatIsGivenBack_IsTheNextOnes()
    {
        var transfers = New(new LimitOptions { Transfers = 1 });
        var first = (await transfers.BeginAsync(From("10.0.0.1"), Record())).Transfer!;
        var second = transfers.BeginAsync(From("10.0.0.2"), Record()).AsTask();

        first.Dispose();
        first.Dispose(); // once is enough

        using var transfer = (await second).Transfer;
        Assert.NotNull(transfer);
    }

    /// <summary>Two of one client share what it may have, a third client has its own, and all together keep to the total.</summary>
    [Fact]
    public async Task Bandwidth_IsSharedFairly()
    {
        var transfers = New(new LimitOptions { BandwidthPerClient = 4 * MiB, Bandwidth = 6 * MiB });
        var senders = new List<Sender>();
        foreach (var address in (string[])["10.0.0.1", "10.0.0.1", "10.0.0.2"])
        {
            senders.Add(new Sender((await transfers.BeginAsync(From(address), Record())).Transfer!));
        }

        var sending = senders.Select(sender => sender.SendAsync(Cancel)).ToList();
        var step = TimeSpan.FromMilliseconds(10);
        for (var passed = TimeSpan.Zero; passed < TimeSpan.FromSeconds(20); passed += step)
        {
            _time.Advance(step);
            await Task.WhenAll(senders.Select(static sender => sender.SettledAsync()));
        }

        var (a, b, c) = (senders[0].Moved, senders[1].Moved, senders[2].Moved);
        senders.ForEach(static sender => sender.Stop());
        Assert.InRange(a + b, 20 * 3 * MiB, (20 * 4 * MiB) + MiB);
        Assert.InRange(a + b + c, 20 * 5 * MiB, (20 * 6 * MiB) + MiB);
        Assert.InRange((double)a / b, 0.8, 1.25);
        Assert.InRange(c, 20 * MiB, 20 * 4 * MiB);
        _time.Advance(TimeSpan.FromMinutes(1));
        await Task.WhenAll(sending);
    }

    private static HttpContext From(string address)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Parse(address);
        return http;
    }

    private Transfers New(LimitOptions options) =>
        new(options, new LimitReports(_measured.Metrics, _time, NullLogger<LimitReports>.Instance), _time);

    private RequestRecord Record(Caller? caller = null) => new(_time) { Caller = caller };

    /// <summary>Moves as many bytes as it may, as fast as it may.</summary>
    private sealed class Sender(Transfer transfer)
    {
        private volatile Task _turn = Task.CompletedTask;
        private volatile bool _stops;

        public long Moved { get; private set; }

        public void Stop() => _stops = true;

        /// <summary>Completes when it waits for its turn.</summary>
        public async Task SettledAsync()
        {
            Task turn;
            do
            {
                turn = _turn;
                await Task.Yield();
            }
            while (turn.IsCompleted && !_stops);
        }

        public async Task SendAsync(CancellationToken cancel)
        {
            while (!_stops)
            {
                var turn = transfer.Pace!.TakeTurnAsync(long.MaxValue, cancel).AsTask();
                _turn = turn;
                Moved += await turn;
            }

            transfer.Dispose();
        }
    }
}
