using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FastEcrProxy.LocalEcr;

/// <summary>Sends the bytes of a layer, as fast as a copy allows, or as badly as faults say.</summary>
internal sealed class LayerBody(LocalService service)
{
    private const int BlockBytes = 256 << 10;

    public async Task SendAsync(HttpContext http, RequestKind kind, LayerContent content, LayerRange range)
    {
        var faults = service.Faults;
        var plan = new Plan(
            Cut: faults.Take<FaultPlan.Cut>(kind, content.Digest),
            Pause: faults.Take<FaultPlan.Pause>(kind, content.Digest),
            Corrupt: faults.Take<FaultPlan.Corrupt>(kind, content.Digest, corrupt => range.Contains(corrupt.Offset)),
            Limit: faults.Take<FaultPlan.Limit>(kind, content.Digest));

        service.Counters.TransferOpened();
        try
        {
            await SendAsync(http, content, range, plan);
        }
        finally
        {
            service.Counters.TransferClosed();
        }
    }

    private async Task SendAsync(HttpContext http, LayerContent content, LayerRange range, Plan plan)
    {
        // Headers leave first: a body that pauses at zero has been answered all the same.
        await http.Response.StartAsync(http.RequestAborted);
        await http.Response.BodyWriter.FlushAsync(http.RequestAborted);

        var there = Math.Clamp(content.Length - range.First, 0, range.Length);
        var stop = Math.Min(there, plan.CutAt);
        var pause = plan.Pause is not null && plan.PauseAt <= stop ? plan.PauseAt : long.MaxValue;
        var pace = new Pace(plan.BytesPerSecond);
        for (var sent = 0L; ;)
        {
            if (sent == pause)
            {
                pause = long.MaxValue;
                plan.Pause!.Reach();
                await plan.Pause.Released.WaitAsync(http.RequestAborted);
            }

            if (sent == stop)
            {
                break;
            }

            await service.Faults.MovingAsync(http.RequestAborted);
            var size = (int)Math.Min(Math.Min(stop, pause) - sent, plan.BlockBytes);
            var block = http.Response.BodyWriter.GetMemory(size).Span[..size];
            content.Read(range.First + sent, block);
            plan.Spoil(range.First + sent, block);
            http.Response.BodyWriter.Advance(size);
            service.Counters.LayerSent(content.Digest, size); // before they leave: whoever has the last one finds it counted
            await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
            http.RequestAborted.ThrowIfCancellationRequested();

            sent += size;
            await pace.WaitAsync(sent, http.RequestAborted);
        }

        if (stop < range.Length)
        {
            await EndEarlyAsync(http, plan);
        }
    }

    private static async Task EndEarlyAsync(HttpContext http, Plan plan)
    {
        plan.Cut?.Reach();
        if (plan.How == CutHow.Finish)
        {
            await http.Features.GetRequiredFeature<RawConnection>().FinishAsync();
        }

        http.Abort();
    }

    /// <summary>The faults that one body meets.</summary>
    private sealed record Plan(Fault? Cut, Fault? Pause, Fault? Corrupt, Fault? Limit)
    {
        private const int SlicesPerSecond = 20;

        public long CutAt => Cut?.Plan is FaultPlan.Cut cut ? cut.AfterBytes : long.MaxValue;

        public CutHow How => Cut?.Plan is FaultPlan.Cut cut ? cut.How : CutHow.Finish;

        public long PauseAt => Pause?.Plan is FaultPlan.Pause pause ? pause.AfterBytes : long.MaxValue;

        public long BytesPerSecond => Limit?.Plan is FaultPlan.Limit limit ? limit.BytesPerSecond : 0;

        public int BlockBytes => Limit is null
            ? LayerBody.BlockBytes
            : (int)Math.Clamp(BytesPerSecond / SlicesPerSecond, 1, LayerBody.BlockBytes);

        public void Spoil(long offset, Span<byte> block)
        {
            if (Corrupt?.Plan is FaultPlan.Corrupt corrupt && corrupt.Offset >= offset && corrupt.Offset < offset + block.Length)
            {
                block[(int)(corrupt.Offset - offset)] ^= 0xff;
                Corrupt.Reach();
            }
        }
    }
}
