# One image for care-api, care-worker and carectl: the command chooses.
FROM debian:12-slim AS build
WORKDIR /src
COPY scripts/setup scripts/lib.sh scripts/
RUN scripts/setup
COPY . .
RUN meson setup /build --buildtype=release -Dtests=false && meson compile -C /build \
	&& mkdir /out && find /build -type f -executable \
		\( -name care-api -o -name care-worker -o -name carectl \) -exec cp {} /out/ \; \
	&& test -x /out/care-api && test -x /out/care-worker && test -x /out/carectl

FROM debian:12-slim
RUN apt-get update \
	&& DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
		ca-certificates curl fonts-dejavu-core fonts-noto-core libargon2-1 libcairo2 \
		libcurl3-gnutls libglib2.0-0 libgnutls30 libhiredis0.14 libical3 libjansson4 \
		libjwt-gnutls0 libmicrohttpd12 liborcania2.3 libpango-1.0-0 \
		libpangocairo-1.0-0 libpq5 libulfius2.7 libyder2.0 tzdata zlib1g \
	&& rm -rf /var/lib/apt/lists/*
COPY --from=build /out/ /usr/local/bin/
# A number, so that an orchestrator can see that it is not root.
USER 10001:10001
ENV CARE_LISTEN=0.0.0.0:8080 CARE_OPS_LISTEN=0.0.0.0:8081 CARE_WORKER_OPS_LISTEN=0.0.0.0:8081
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
	CMD ["curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:8081/health/ready"]
CMD ["care-api"]
