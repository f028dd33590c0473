# syntax=docker/dockerfile:1

# The C compiler of the slim image builds aws-lc (TLS) and mimalloc; neither cmake nor a shared library is needed.
# Both stages are Debian 13, so that the program meets the glibc it was linked against.
FROM rust:1.95-slim-trixie AS build
WORKDIR /src
COPY . .
# The caches keep the registry and the compiled dependencies from one build to the next; nothing of them gets into the image.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --release --locked --bin arrears \
    && strip -o /arrears target/release/arrears \
    && /arrears --version

# glibc, libgcc and CA certificates; no shell, no package manager.
FROM gcr.io/distroless/cc-debian13:nonroot
LABEL org.opencontainers.image.title="arrears" \
      org.opencontainers.image.description="Kubernetes admission control that knows the cloud bill" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/arrears-dev/arrears"
COPY --from=build /arrears /usr/local/bin/arrears
COPY LICENSE /usr/share/doc/arrears/LICENSE
# The image's own `nonroot`, as a number: runAsNonRoot can only judge numbers.
USER 65532:65532
EXPOSE 8443 8080
ENTRYPOINT ["/usr/local/bin/arrears"]
