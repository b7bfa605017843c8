using FastEcrProxy.Http;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Http;

public sealed class FetchFailuresTests
{
    /// <summary>All of them: a new kind of failure fails here until somebody decides what clients are told.</summary>
    public static TheoryData<string, int, string> Table => new()
    {
        { nameof(FetchError.NotFound), 404, "BLOB_UNKNOWN" },
        { nameof(FetchError.Refused), 403, "DENIED" },
        { nameof(FetchError.Throttled), 429, "TOOMANYREQUESTS" },
        { nameof(FetchError.Unreachable), 503, "UNAVAILABLE" },
        { nameof(FetchError.CutShort), 503, "UNAVAILABLE" },
        { nameof(FetchError.BadAnswer), 502, "UNKNOWN" },
        { nameof(FetchError.DigestMismatch), 502, "UNKNOWN" },
        { nameof(FetchError.OutOfRange), 416, "RANGE_INVALID" },
        { nameof(FetchError.Storage), 500, "UNKNOWN" },
        { nameof(FetchError.Busy), 503, "UNAVAILABLE" },
        { nameof(FetchError.Stopping), 503, "UNAVAILABLE" },
        { nameof(FetchError.Unwanted), 503, "UNAVAILABLE" },
    };

    [Fact]
    public void Table_HasEveryError() => Assert.Equal(
        Enum.GetNames<FetchError>().Order(), Table.Select(row => row.Data.Item1).Order());

    [Theory, MemberData(nameof(Table))]
    public void EveryError_HasAStatusACodeAndItsReason(string error, int status, string code)
    {
        var told = FetchFailures.ToError(new FetchFailure(Enum.Parse<FetchError>(error), "The reason."), RouteKind.Blob);

        Assert.Equal((status, code, "The reason."), (told.Status, told.Code, told.Message));
    }

    [Theory]
    [InlineData(nameof(RouteKind.Manifest), null, "MANIFEST_UNKNOWN")]
    [InlineData(nameof(RouteKind.Tags), null, "NAME_UNKNOWN")]
    [InlineData(nameof(RouteKind.Referrers), null, "NAME_UNKNOWN")]
    [InlineData(nameof(RouteKind.Blob), "NAME_UNKNOWN", "NAME_UNKNOWN")]
    public void NotFound_HasTheRegistrysCodeOrTheNouns(string kind, string? sent, string code)
    {
        var failure = new FetchFailure(FetchError.NotFound, "The reason.") { Code = sent };

        Assert.Equal(code, FetchFailures.ToError(failure, Enum.Parse<RouteKind>(kind)).Code);
    }

    [Theory]
    [InlineData(nameof(FetchError.Throttled), 7, 7)]
    [InlineData(nameof(FetchError.Throttled), null, 5)]
    [InlineData(nameof(FetchError.Unreachable), 3, 3)]
    [InlineData(nameof(FetchError.Unreachable), null, null)]
    public void Wait_IsTheRegistrysOwn(string error, int? hint, int? told)
    {
        var failure = new FetchFailure(Enum.Parse<FetchError>(error), "The reason.")
        {
            RetryAfter = hint is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        };

        Assert.Equal(told, FetchFailures.ToError(failure, RouteKind.Blob).RetryAfter?.TotalSeconds);
    }
}
