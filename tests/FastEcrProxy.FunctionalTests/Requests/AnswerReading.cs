using System.Text.Json;

namespace FastEcrProxy.FunctionalTests.Requests;

/// <summary>What tests read off an answer.</summary>
internal static class AnswerReading
{
    extension(HttpResponseMessage answer)
    {
        public int Status => (int)answer.StatusCode;

        /// <summary>A header's value exactly as it was sent, or null.</summary>
        public string? Header(string name) =>
            answer.Headers.NonValidated.TryGetValues(name, out var values)
            || answer.Content.Headers.NonValidated.TryGetValues(name, out values)
                ? values.ToString()
                : null;

        public Task<byte[]> BytesAsync() => answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

        public async Task<JsonElement> JsonAsync()
        {
            using var json = JsonDocument.Parse(await answer.BytesAsync());
            return json.RootElement.Clone();
        }

        /// <summary>An error in the form that OCI clients read, which it must have.</summary>
        public async Task<(int Status, string Code, string Message)> ErrorAsync()
        {
            Assert.Equal("application/json", answer.Header("Content-Type"));
            Assert.Equal("registry/2.0", answer.Header("Docker-Distribution-Api-Version"));
            Assert.Null(answer.Header("WWW-Authenticate"));
            var error = Assert.Single((await answer.JsonAsync()).GetProperty("errors").EnumerateArray());
            return (answer.Status, error.GetProperty("code").GetString()!, error.GetProperty("message").GetString()!);
        }
    }
}
