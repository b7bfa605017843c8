using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace FastEcrProxy.FunctionalTests.Transport;

/// <summary>What a client does with a bare socket.</summary>
internal static class SocketReading
{
    public const string Request = "GET /file HTTP/1.1\r\nHost: x\r\n\r\n";

    extension(Socket socket)
    {
        public async Task AskAsync(string request = Request) =>
            await socket.SendAsync(Encoding.ASCII.GetBytes(request), TestContext.Current.CancellationToken);

        /// <summary>The next answer's head.</summary>
        public async Task<string> ReadHeadAsync()
        {
            var head = new StringBuilder();
            var one = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                Assert.Equal(1, await socket.ReceiveAsync(one, TestContext.Current.CancellationToken));
                head.Append((char)one[0]);
            }

            return head.ToString();
        }

        /// <summary>So many bytes, or fewer where the connection ends before.</summary>
        public async Task<byte[]> ReadAsync(int count)
        {
            var bytes = new byte[count];
            var read = 0;
            try
            {
                while (read < count
                    && await socket.ReceiveAsync(bytes.AsMemory(read), TestContext.Current.CancellationToken) is > 0 and var more)
                {
                    read += more;
                }
            }
            catch (SocketException)
            {
                // reset: what came before is what there is
            }

            return bytes[..read];
        }

        /// <summary>A whole answer: what its head announces, or fewer bytes where the connection ends before.</summary>
        public async Task<byte[]> ReadAnswerAsync()
        {
            var head = await socket.ReadHeadAsync();
            var length = head.Split("Content-Length: ")[1].Split("\r\n")[0];
            return await socket.ReadAsync(int.Parse(length, CultureInfo.InvariantCulture));
        }

        /// <summary>Leaves with a reset instead of a good-bye.</summary>
        public void Reset()
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Dispose();
        }
    }
}
