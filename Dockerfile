# syntax=docker/dockerfile:1
ARG NODE=node:24-bookworm-slim

FROM ${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json nest-cli.json .swcrc ./
COPY src src
RUN npm run build

FROM ${NODE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM ${NODE}
LABEL org.opencontainers.image.title="Derailed" org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data
# Readable to all and writable to nobody: the container runs with a read-only root file system.
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
RUN chmod +x dist/cli/main.js && ln -s /app/dist/cli/main.js /usr/local/bin/derailed && install -d -o node -g node -m 700 /data
USER node
# Relative paths of commands, such as the folder of a backup, are on the volume.
WORKDIR /data
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["derailed", "health"]
ENTRYPOINT ["derailed"]
CMD ["serve"]
