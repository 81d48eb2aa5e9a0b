/**
 * Copies the packages that the page uses from node_modules to the page, with their licences.
 *
 *     node vendor.mjs           # copy
 *     node vendor.mjs --check   # fail where what lies there differs from the pinned packages
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** The files of each package, by where they lie in it. */
const FILES = {
  "lit-html": [
    "LICENSE",
    "lit-html.js",
    "directive.js",
    "directive-helpers.js",
    "directives/live.js",
    "directives/repeat.js",
  ],
  openseadragon: ["LICENSE.txt", "build/openseadragon/openseadragon.min.js"],
};

const here = import.meta.dirname;
const target = join(here, "..", "src", "blindsr", "web", "static", "vendor");
const check = process.argv.includes("--check");
let different = 0;

for (const [name, files] of Object.entries(FILES)) {
  const version = JSON.parse(await readFile(join(here, "node_modules", name, "package.json"), "utf8")).version;
  await put(join(target, name, "VERSION"), `${version}\n`);
  for (const file of files) {
    const text = await readFile(join(here, "node_modules", name, file), "utf8");
    // Maps of the sources are not shipped.
    const shipped = `${text.replace(/\n\/\/# sourceMappingURL=.*/, "").trimEnd()}\n`;
    const path = join(target, name, file.replace("build/openseadragon/", ""));
    await put(path, shipped);
    // The types are the package's own; nothing of them is sent to browsers.
    if (name === "lit-html" && file.endsWith(".js"))
      await put(path.replace(/js$/, "d.ts"), `export * from "lit-html/${file}";\n`);
  }
}
if (different) {
  console.error(`${different} vendored files differ from the pinned packages; run: node vendor.mjs`);
  process.exitCode = 1;
}

/** @param {string} path @param {string} text */
async function put(path, text) {
  if (check) {
    const there = await readFile(path, "utf8").catch(() => null);
    if (there !== text) {
      different += 1;
      console.error(path);
    }
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
