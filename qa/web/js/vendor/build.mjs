// Bundle what the page needs of CodeMirror and d3-force into one file each, with the licences of everything inside.
import { build } from "esbuild";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";

const codemirror = `
export { EditorState, Compartment } from "@codemirror/state";
export { EditorView, keymap, lineNumbers, highlightActiveLine } from "@codemirror/view";
export { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
export { bracketMatching, HighlightStyle, syntaxHighlighting, syntaxTree } from "@codemirror/language";
export { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
export { setDiagnostics } from "@codemirror/lint";
export { tags } from "@lezer/highlight";
export { sparql } from "codemirror-lang-sparql";`;
const force = `export { forceSimulation, forceManyBody, forceLink, forceCollide, forceX, forceY } from "d3-force";`;

for (const [name, contents] of [["codemirror", codemirror], ["d3-force", force]]) {
  const options = { bundle: true, minify: true, format: "esm", target: "es2020", legalComments: "none", metafile: true };
  const made = await build({ stdin: { contents, resolveDir: "." }, outfile: `${name}.js`, ...options });
  const inside = Object.keys(made.metafile.inputs).map((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1]);
  const notices = [...new Set(inside.filter(Boolean))].sort().map((part) => {
    const folder = `node_modules/${part}`;
    const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
    const text = readFileSync(`${folder}/${readdirSync(folder).find((file) => /^licen[cs]e/i.test(file))}`, "utf8");
    return `== ${part} ${version} (${license})\n\n${text.trim()}\n`;
  });
  writeFileSync(`${name}.LICENSES.txt`, notices.join("\n"));
}
