// Serves the contract beside the page, and writes a Content-Security-Policy that names its origins and no others.

import { readFileSync, existsSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";

const FOLDER = resolve(process.env["CONTRACT"] ?? "contract");
const FILES = ["contract.json", "oidc.json"];
// A policy in the page cannot say who may frame it; whoever hosts it sends these two as headers.
const HEADERS = { "Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff" };

function read(name: string): string {
  const file = join(FOLDER, name);
  if (!existsSync(file)) end(`${file} must be there; write it with: python -m contract --to ${FOLDER}`);
  return readFileSync(file, "utf8");
}

function end(message: string): never {
  console.error(`web: ${message}`);
  process.exit(1);
}

/** End with one line if another program listens: Vite would end with its own stack trace. */
function checkPort({ host, port }: { host?: string | boolean; port?: number }): Promise<void> {
  return new Promise((free) => {
    const probe = createServer();
    probe.once("error", () =>
      end(`port ${port} must be free, but another program listens; stop it, or serve at another of the stack's callbackUrls`),
    );
    probe.listen(port, String(host), () => probe.close(() => free()));
  });
}

function policy(isBuilt: boolean): string {
  const { outputs, endpoints } = JSON.parse(read("contract.json"));
  const addresses: (string | null)[] = [outputs.apiUrl, endpoints.token, endpoints.userPools];
  const origins = new Set(addresses.filter((each) => each !== null).map((each) => new URL(each).origin));
  const rules = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${[...origins].join(" ")}`,
    "base-uri 'none'",
    "form-action 'none'",
  ];
  // Vite's own page of errors, in development, writes HTML.
  return [...rules, ...(isBuilt ? ["require-trusted-types-for 'script'"] : [])].join("; ");
}

function contract(): Plugin {
  let isBuilt = false;
  return {
    name: "contract",
    configResolved(config) {
      isBuilt = config.command === "build";
      FILES.forEach(read);
    },
    configurePreviewServer: ({ config }) => checkPort(config.preview),
    async configureServer(server) {
      await checkPort(server.config.server);
      server.watcher.add(FOLDER);
      server.watcher.on("change", (file) => file.startsWith(FOLDER) && server.ws.send({ type: "full-reload" }));
      server.middlewares.use("/contract", (request, response, next) => {
        const name = FILES.find((each) => request.url?.split("?")[0] === `/${each}`);
        if (name === undefined) return next();
        response.setHeader("Content-Type", "application/json").setHeader("Cache-Control", "no-store").end(read(name));
      });
    },
    generateBundle() {
      for (const name of FILES) this.emitFile({ type: "asset", fileName: `contract/${name}`, source: read(name) });
    },
    transformIndexHtml: () => [
      {
        tag: "meta",
        attrs: { "http-equiv": "Content-Security-Policy", content: policy(isBuilt) },
        injectTo: "head-prepend",
      },
    ],
  };
}

export default defineConfig({
  plugins: [contract()],
  server: { host: "localhost", port: 5173, strictPort: true, headers: HEADERS },
  preview: { host: "localhost", port: 5173, strictPort: true, headers: HEADERS },
  build: { outDir: process.env["OUT"] ?? "dist", emptyOutDir: true, modulePreload: { polyfill: false } },
});
