namespace FastEcrProxy.LoadBench.Servers;

/// <summary>
/// The classic recipe: ECR's token injected as a fixed header, ECR's redirect followed, what comes is cached. Kinder than
/// what people run in two ways: connections to both upstreams are kept, and manifests by digest are cached too.
/// </summary>
internal sealed class NginxConfiguration(ServerSetting setting, int port, string? lockTime, bool keepsConnections)
{
    // nginx refuses a longer word in its configuration; ECR's tokens are longer, so the header is put together from pieces.
    private const int WordLengthMax = 3000;

    private string Scheme => setting.Upstream.Registry.Scheme;

    public string Text =>
        $$"""
        daemon off;
        {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
        worker_processes {{(setting.Core is null ? "auto" : "1")}};
        pid nginx.pid;
        events { worker_connections 8192; }
        http {
          access_log {{(setting.LogEverything ? $"{setting.LogFile}.access combined" : "off")}};
          sendfile on;
          tcp_nopush on;
          keepalive_requests 1000000;
          client_body_temp_path temp-body;
          proxy_temp_path temp-proxy;
          fastcgi_temp_path temp-fastcgi;
          uwsgi_temp_path temp-uwsgi;
          scgi_temp_path temp-scgi;
          proxy_cache_path cache levels=1:2 keys_zone=cache:16m inactive=1y max_size=75g use_temp_path=off;
          proxy_http_version 1.1;
          proxy_connect_timeout 3s;
          proxy_read_timeout 300s;
          proxy_send_timeout 300s;
          upstream registry { server {{setting.Upstream.Registry.Authority}}; {{Kept}} }
          upstream layers { server {{setting.Upstream.Layers.Authority}}; {{Kept}} }
          proxy_ssl_session_reuse {{(keepsConnections ? "on" : "off")}};
          map $upstream_http_location $path_of_location { "~^https?://[^/]+(?<path>/.*)$" $path; }
          server {
            listen 127.0.0.1:{{port}}{{(setting.Tls ? " ssl" : "")}};
            {{ServerCertificate}}
            {{Token}}
            location / {
              {{ToRegistry}}
            }
            location ~ ^/v2/.*/manifests/sha256: {
              {{ToRegistry}}
              {{Cached}}
            }
            location ~ ^/v2/.*/blobs/[a-z0-9]+:[a-f0-9]+$ {
              {{ToRegistry}}
              proxy_intercept_errors on;
              error_page 301 302 307 = @handle_redirect;
            }
            location @handle_redirect {
              set $layer $path_of_location;
              proxy_pass {{Scheme}}://layers$layer;
              proxy_set_header Host {{setting.Upstream.Layers.Authority}};
              proxy_set_header Authorization "";
              proxy_set_header Connection "";
              {{Cached}}
            }
          }
        }

        """;

    private string ServerCertificate => !setting.Tls ? ""
        : $"ssl_certificate {setting.Certificates.CertificateFile}; ssl_certificate_key {setting.Certificates.KeyFile}; "
          + "ssl_protocols TLSv1.3;";

    private string Kept => keepsConnections ? "keepalive 64; keepalive_requests 1000000;" : "";

    private string ToRegistry =>
        $"""
        proxy_pass {Scheme}://registry;
        proxy_set_header Host {setting.Upstream.Registry.Authority};
        proxy_set_header Authorization "Basic {string.Concat(Pieces().Select(static piece => $"${{{piece.Name}}}"))}";
        proxy_set_header Connection "";
        """;

    private string Cached =>
        $"""
        proxy_cache cache;
        proxy_cache_key $uri;
        proxy_cache_valid 200 1y;
        proxy_cache_use_stale error timeout invalid_header updating http_500 http_502 http_503 http_504;
        proxy_ignore_headers Cache-Control;
        proxy_cache_lock on;
        {(lockTime is null ? "" : $"proxy_cache_lock_timeout {lockTime}; proxy_cache_lock_age {lockTime};")}
        """;

    private string Token => string.Join('\n', Pieces().Select(static piece => $"set ${piece.Name} \"{piece.Text}\";"));

    private IEnumerable<(string Name, string Text)> Pieces() => setting.Upstream.Authorization
        .Chunk(WordLengthMax)
        .Select(static (piece, i) => ($"token_{i}", new string(piece)));
}
