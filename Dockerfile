# syntax=docker/dockerfile:1
# The image of corerush; docs/CONTAINER.md says how to use it.
#   docker build -t corerush .
#   docker run --rm --network host corerush --url http://127.0.0.1:8080/ --users 50
ARG NODE=24

FROM node:${NODE}-bookworm-slim AS build
WORKDIR /build
# Symbols are a seventh of Node's binary.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends binutils \
  && install -d /image/usr/bin /image/usr/local/bin /image/opt/corerush /image/work \
  && strip --output-file=/image/usr/local/bin/node /usr/local/bin/node
COPY package.json npm-shrinkwrap.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build \
  && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
  && chmod +x dist/cli/main.js \
  && mv package.json LICENSE dist schema node_modules /image/opt/corerush/ \
  && ln -s /opt/corerush/dist/cli/main.js /image/usr/local/bin/corerush \
  && ln -s /busybox/env /image/usr/bin/env \
  && chown 65532:65532 /image/work

# Debian's C++ library, certificates and a busybox shell, which steps of CI systems need; no package manager.
FROM gcr.io/distroless/cc-debian12:debug-nonroot
LABEL org.opencontainers.image.title="corerush" \
  org.opencontainers.image.description="HTTP load generator that judges its own measurement" \
  org.opencontainers.image.licenses="MIT"
COPY --from=build /image/ /
ENV PATH=/usr/local/bin:/usr/bin:/bin:/busybox
# Scenarios, configs and data are mounted here, and files of --out are written here.
WORKDIR /work
USER 65532:65532
# No init process: corerush handles SIGINT, SIGTERM and SIGHUP as PID 1 too, and leaves no child to be reaped.
ENTRYPOINT ["corerush"]
CMD ["--help"]
