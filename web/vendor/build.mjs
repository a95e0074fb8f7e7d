// Copies the shipped browser files out of node_modules into ../static/vendor/NAME-VERSION/ and writes MANIFEST.json
// (version, licence, sha384). JsSIP is published as many small files: esbuild makes one module of it and of what it
// needs (debug, events, sdp-transform; all MIT). The output is committed, so that a site installs with pip alone.
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static", "vendor");
const shipped = [
  { name: "htmx.org", as: "htmx", files: ["dist/htmx.min.js", "LICENSE"] },
  { name: "idiomorph", as: "idiomorph", files: ["dist/idiomorph-ext.min.js", "LICENSE"] },
  { name: "leaflet", as: "leaflet", files: ["dist/leaflet.js", "dist/leaflet.css", "LICENSE"] },
  { name: "swagger-ui-dist", as: "swagger-ui", files: ["swagger-ui-bundle.js", "swagger-ui.css", "LICENSE"] },
  { name: "jssip", as: "jssip", bundle: "jssip.min.js", files: ["LICENSE.md"] },
];

function bundle(name, version, license, outfile) {
  const stdin = { contents: `export { default } from "${name}";`, resolveDir: here };
  const banner = { js: `/* ${name} ${version}, ${license}; bundled by web/vendor/build.mjs */` };
  buildSync({ stdin, outfile, banner, bundle: true, minify: true, format: "esm", charset: "ascii", legalComments: "inline" });
}

rmSync(out, { recursive: true, force: true });
const manifest = shipped.map(({ name, as, files, bundle: made }) => {
  const root = join(here, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const folder = `${as}-${version}`;
  mkdirSync(join(out, folder), { recursive: true });
  if (made) bundle(name, version, license, join(out, folder, made));
  const listed = [...(made ? [made] : []), ...files].map((file) => {
    const target = `${folder}/${file.split("/").pop()}`;
    if (file !== made) cpSync(join(root, file), join(out, target));
    const bytes = readFileSync(join(out, target));
    return { path: target, sha384: "sha384-" + createHash("sha384").update(bytes).digest("base64") };
  });
  return { name: as, package: name, version, licence: license, files: listed };
});
writeFileSync(join(out, "MANIFEST.json"), JSON.stringify({ vendored: manifest }, null, 2) + "\n");
