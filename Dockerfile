# The image of Parley: one static program and nothing else. Every role and every
# tool is a subcommand of it.
#
#   docker build -t parley .
#
# Docker 20.10 or newer builds it, by BuildKit or by the classic builder. The
# classic builder runs every stage, needed or not, so there are no others here.

FROM golang:1.26 AS build
WORKDIR /src
# Modules change less often than code, so they are a layer of their own.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /out/parley ./cmd/parley \
	&& mkdir /out/data

# There is no shell, no package and no other program to break into; 65532 is
# nobody on any machine.
FROM scratch
USER 65532:65532
# /data is where a volume belongs. Health is requested from inside the container.
ENV PARLEY_DATA=/data PARLEY_HEALTH=127.0.0.1:8484
ENTRYPOINT ["/parley"]
CMD ["--help"]
# A role that waits for NATS is not healthy, and not to be restarted either:
# nothing in this repository restarts what is only unhealthy.
HEALTHCHECK --interval=3s --timeout=4s --start-period=60s --retries=3 CMD ["/parley", "health"]
# For a separate NATS or PostgreSQL with TLS and public certificates.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/parley /parley
# A new volume takes the owner of the directory that it covers.
COPY --from=build --chown=65532:65532 /out/data /data
