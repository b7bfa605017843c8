# fast-ecr-proxy as an image: the executable on a C library, OpenSSL and CA certificates. No shell, no root, nothing to write
# but the cache.
#
#   docker build --build-arg REVISION="$(git rev-parse HEAD)" -t fast-ecr-proxy .
#
# It is built for the architecture of the machine that builds it, amd64 or arm64: compiling ahead of time needs that
# architecture's linker. For both in one image, give `docker buildx` a builder of each.

# Both from the same release of Ubuntu: the executable needs the C library that it was linked with, or a newer one.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0-noble
ARG BASE_IMAGE=mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled

FROM ${SDK_IMAGE} AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends clang \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
# For `fast-ecr-proxy version`: git's own records are not in the context.
ARG REVISION=unknown
RUN dotnet publish src/FastEcrProxy.Cli --configuration Release --output /out -p:SourceRevisionId="${REVISION}" \
    && mkdir -m 700 /out/cache

FROM ${BASE_IMAGE}
ARG REVISION=unknown
LABEL org.opencontainers.image.title="fast-ecr-proxy" \
      org.opencontainers.image.description="Pull-through proxy and cache in front of Amazon ECR" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.revision="${REVISION}"

COPY --from=build /out/fast-ecr-proxy /usr/local/bin/
# A new volume takes over content and owner of what the image has there; nothing in here could change them later.
COPY --from=build --chown=1654:1654 /out/cache /var/cache/fast-ecr-proxy

# A number: Kubernetes' runAsNonRoot cannot look a name up. In the base image it is the user `app`.
USER 1654:1654
VOLUME /var/cache/fast-ecr-proxy
# Health and metrics are on 5001, inside only: whoever wants them outside sets FEP_Admin__Address.
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/local/bin/fast-ecr-proxy", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/fast-ecr-proxy"]
CMD ["serve"]
