# syntax=docker/dockerfile:1
# The service for a database of its own: an unprivileged user, a read-only root, one folder to write to.

FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The image has the right Node already, and no script is run.
RUN npm ci --omit=dev --omit=optional --ignore-scripts && npm cache clean --force

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="music-generations" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 GRPC_PORT=50051 OPERATIONS_PORT=9090 DATA_DIR=/data
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json LICENSE NOTICE ./
COPY gen gen
COPY proto proto
COPY web/dist web/dist
COPY src src
RUN install -d -o 1000 -g 1000 -m 0700 /data
# By number, so that an orchestrator can see that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 8080 50051 9090
# Alive, not ready: an orchestrator that starts a process again for the sake of its database helps nobody.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.OPERATIONS_PORT}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node itself is process 1: it gets SIGTERM, and ends in order.
ENTRYPOINT ["node", "src/main.ts"]
CMD ["serve"]
