/**
 * Makes what the server sends from the modules in page/, and copies the viewer's library from its package.
 *
 *     node build.mjs            # build
 *     node build.mjs --check    # fail where what lies there is not what would be built
 */
import { build } from "esbuild";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";

const here = import.meta.dirname;
const target = join(here, "../src/blindsr/web/static");
/** Files of packages that are sent as they are, with their licences. */
const COPIED = ["openseadragon/LICENSE.txt", "openseadragon/build/openseadragon/openseadragon.min.js"];
/** Packages that become part of page.js. */
const BUNDLED = ["lit-html"];

const check = process.argv.includes("--check");
let different = 0;

const built = await build({
  absWorkingDir: here,
  entryPoints: ["page/page.js", "page/page.css"],
  outdir: target,
  bundle: true,
  minify: true,
  write: false,
  format: "esm",
  target: ["chrome120", "firefox121", "safari17"],
  loader: { ".svg": "dataurl" },
  legalComments: "none",
  banner: { js: "// Built from web/page; lit-html in it is under the licence in vendor/lit-html." },
});
for (const { path, text } of built.outputFiles) await put(relative(target, path), text);
for (const file of COPIED) {
  const text = await readFile(join(here, "node_modules", file), "utf8");
  const [name = ""] = file.split("/");
  // Maps of the sources are not shipped.
  await put(join("vendor", name, basename(file)), text.replace(/\n\/\/# sourceMappingURL=.*/, ""));
}
for (const name of BUNDLED)
  await put(join("vendor", name, "LICENSE"), await readFile(join(here, "node_modules", name, "LICENSE"), "utf8"));
if (different) {
  console.error("These files are not what the sources make of them; run: npm run build (in web/)");
  process.exitCode = 1;
}

/** @param {string} name @param {string} text */
async function put(name, text) {
  const path = join(target, name);
  const content = `${text.trimEnd()}\n`;
  if (check) {
    if ((await readFile(path, "utf8").catch(() => null)) === content) return;
    different += 1;
    console.error(path);
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
