using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FastEcrProxy.LocalEcr;

/// <summary>Takes in the body of a push, as fast as it comes, or as badly as faults say.</summary>
internal sealed class UploadBody(LocalService service)
{
    private const int BlockBytes = 256 << 10;

    /// <summary>Hands over every block of the body in order.</summary>
    /// <returns>Whether all of it came. If not, the request is over, and there is nothing left to be answered.</returns>
    public async Task<bool> TakeAsync(HttpContext http, RequestKind kind, string? digest, Action<ReadOnlySequence<byte>> take)
    {
        var faults = service.Faults;
        var plan = new Plan(
            Cut: faults.Take<FaultPlan.Cut>(kind, digest),
            Refuse: faults.Take<FaultPlan.RefuseBody>(kind, digest),
            Pause: faults.Take<FaultPlan.Pause>(kind, digest),
            Limit: faults.Take<FaultPlan.Limit>(kind, digest));

        service.Counters.UploadOpened();
        try
        {
            return await TakeAsync(http, plan, take);
        }
        finally
        {
            service.Counters.UploadClosed();
        }
    }

    private async Task<bool> TakeAsync(HttpContext http, Plan plan, Action<ReadOnlySequence<byte>> take)
    {
        var body = http.Request.BodyReader;
        var pause = plan.PauseAt;
        var pace = new Pace(plan.BytesPerSecond);
        for (var (taken, isWhole) = (0L, false); ;)
        {
            if (taken == pause)
            {
                pause = long.MaxValue;
                plan.Pause!.Reach();
                await plan.Pause.Released.WaitAsync(http.RequestAborted);
            }

            if (taken == plan.StopAt)
            {
                await StopAsync(http, plan);
                return false;
            }

            if (isWhole)
            {
                return true;
            }

            await service.Faults.MovingAsync(http.RequestAborted);
            if (await ReadAsync(body, http.RequestAborted) is not { } read)
            {
                return false;
            }

            var size = Math.Min(Math.Min(plan.StopAt, pause) - taken, plan.BlockBytes);
            var block = read.Buffer.Slice(0, Math.Min(size, read.Buffer.Length));
            isWhole = read.IsCompleted && block.Length == read.Buffer.Length;
            take(block);
            taken += block.Length;
            service.Counters.UploadTaken(block.Length);
            body.AdvanceTo(block.End);
            await pace.WaitAsync(taken, http.RequestAborted);
        }
    }

    /// <summary>What has come, or null when the client has left.</summary>
    private static async Task<ReadResult?> ReadAsync(PipeReader body, CancellationToken cancel)
    {
        try
        {
            return await body.ReadAsync(cancel);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async Task StopAsync(HttpContext http, Plan plan)
    {
        if (plan.RefusesFirst)
        {
            plan.Refuse!.Reach();
            await Reply.OciErrorAsync(http.Response, plan.RefuseStatus, "UNKNOWN", "Ordered by the test");
            return;
        }

        plan.Cut!.Reach();
        if (plan.How == CutHow.Finish)
        {
            await http.Features.GetRequiredFeature<RawConnection>().FinishAsync();
        }

        http.Abort();
    }

    /// <summary>The faults that one body meets.</summary>
    private sealed record Plan(Fault? Cut, Fault? Refuse, Fault? Pause, Fault? Limit)
    {
        private const int SlicesPerSecond = 20;

        public CutHow How => Cut?.Plan is FaultPlan.Cut cut ? cut.How : CutHow.Reset;

        public int RefuseStatus => Refuse?.Plan is FaultPlan.RefuseBody refuse ? refuse.Status : 0;

        public bool RefusesFirst => RefuseAt < CutAt;

        public long StopAt => Math.Min(CutAt, RefuseAt);

        public long PauseAt => Pause?.Plan is FaultPlan.Pause pause ? pause.AfterBytes : long.MaxValue;

        public long BytesPerSecond => Limit?.Plan is FaultPlan.Limit limit ? limit.BytesPerSecond : 0;

        public int BlockBytes => Limit is null
            ? UploadBody.BlockBytes
            : (int)Math.Clamp(BytesPerSecond / SlicesPerSecond, 1, UploadBody.BlockBytes);

        private long CutAt => Cut?.Plan is FaultPlan.Cut cut ? cut.AfterBytes : long.MaxValue;

        private long RefuseAt => Refuse?.Plan is FaultPlan.RefuseBody refuse ? refuse.AfterBytes : long.MaxValue;
    }
}
