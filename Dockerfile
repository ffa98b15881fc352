# syntax=docker/dockerfile:1
# The image of Weir: docs/container.md tells how to run it.

# ---- Build: the jar, and beside it the libraries that its manifest names.
FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /src
# The libraries change seldom: fetched before the sources are copied, and kept between builds.
COPY pom.xml ./
RUN --mount=type=cache,target=/root/.m2 mvn -B -ntp -q dependency:copy-dependencies \
      -DincludeScope=runtime -DoutputDirectory=/out/lib
COPY migrations migrations
COPY conf conf
COPY src/main src/main
RUN --mount=type=cache,target=/root/.m2 mvn -B -ntp -q package -Dmaven.test.skip=true \
 && cp target/weir-*.jar /out/weir.jar

# ---- Run: a Java runtime, no compiler, no build tool.
FROM eclipse-temurin:25-jre
LABEL org.opencontainers.image.title="Weir" \
      org.opencontainers.image.description="A reactive AI gateway and AI-function runtime" \
      org.opencontainers.image.licenses="Apache-2.0"

# A number, since Kubernetes' runAsNonRoot cannot judge a name. Only the data directory is its own.
RUN groupadd --gid 10001 weir \
 && useradd --uid 10001 --gid weir --no-create-home --home-dir /var/lib/weir --shell /usr/sbin/nologin weir \
 && install -d -o weir -g weir -m 0700 /var/lib/weir

WORKDIR /opt/weir
# What every JVM of ours gets. ExitOnOutOfMemoryError: half a process is worse than a new one. The
# heap leaves room for Netty's buffers, which live beside it.
COPY <<'ARGS' /opt/weir/java.args
--enable-native-access=ALL-UNNAMED
--sun-misc-unsafe-memory-access=allow
-XX:MaxRAMPercentage=60
-XX:+ExitOnOutOfMemoryError
-Djava.io.tmpdir=/tmp
ARGS
# `exec`, so that signals reach the JVM and a stop drains instead of killing.
COPY --chmod=0755 <<'WEIR' /usr/local/bin/weir
#!/bin/sh
exec java @/opt/weir/java.args -jar /opt/weir/weir.jar "$@"
WEIR
COPY --chmod=0755 conf/deploy/healthcheck /usr/local/bin/weir-healthcheck
# From what changes seldom to what changes often: a new version of Weir is the last two layers.
COPY --from=build /out/lib lib
COPY conf conf
COPY --from=build /out/weir.jar weir.jar

ENV WEIR_MODE=prod \
    WEIR_DATA_DIR=/var/lib/weir
USER 10001:10001
VOLUME /var/lib/weir
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 CMD ["weir-healthcheck"]
ENTRYPOINT ["weir"]
CMD ["serve"]
