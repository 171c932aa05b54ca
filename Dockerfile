# One image for every service: `docker run IMAGE start`, `engine`, `migrate`, …
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages packages
COPY services services
COPY test/package.json test/package.json
COPY tsconfig.json tsconfig.base.json ./
RUN npm ci --no-audit --no-fund && npm run build && npm prune --omit=dev --no-audit --no-fund \
  && find packages services \( -name '*.ts' -not -name '*.d.ts' -or -name '*.tsx' -or -name '*.css' -not -path '*/dist/*' \) -delete && rm -rf test

FROM node:24-bookworm-slim
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="Desist" \
  org.opencontainers.image.description="Decides, per email recipient, when to stop sending" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app /app
COPY bin bin
COPY migrations migrations
COPY policy.example.yaml sources.example.yaml ./
RUN mkdir /data && chown 1000:1000 /data
# By number, so that Kubernetes can see that it is not root (runAsNonRoot). Nothing but /data is written: the root may be read-only.
USER 1000:1000
ENV DESIST_DATA=/data
VOLUME /data
EXPOSE 8425
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8425/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/desist.js"]
CMD ["start"]
