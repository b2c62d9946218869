/**
 * The build of the studio page. Its output, `web/dist`, is committed: the service then runs after
 * `npm ci` without a build, and installs need no script. A test builds again and compares.
 */
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  // The page may be served below any path.
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2024",
    outDir: "dist",
    emptyOutDir: true,
    // Inlined, a file would need a policy that allows `data:`.
    assetsInlineLimit: 0,
    modulePreload: false,
    // Of the packages that are in it, as their licences ask.
    license: { fileName: "licences.md" },
  },
});
