// The query editor: CodeMirror with SPARQL's grammar, completion of our terms by their names in queries and in Chinese, faults marked in place.
import {
  EditorState, EditorView, HighlightStyle, autocompletion, bracketMatching, closeBrackets, closeBracketsKeymap, completionKeymap, defaultKeymap,
  highlightActiveLine, history, historyKeymap, keymap, lineNumbers, setDiagnostics, sparql, syntaxHighlighting, syntaxTree, tags,
} from "./vendor/codemirror.js";

const KEYWORDS = ("SELECT DISTINCT WHERE FILTER OPTIONAL UNION MINUS BIND VALUES GRAPH SERVICE PREFIX BASE ASK CONSTRUCT DESCRIBE FROM NAMED ORDER BY GROUP HAVING " +
  "LIMIT OFFSET ASC DESC AS COUNT SUM AVG MIN MAX SAMPLE GROUP_CONCAT STR LANG LANGMATCHES DATATYPE BOUND IF COALESCE EXISTS NOT IN CONTAINS STRSTARTS STRENDS " +
  "STRBEFORE STRAFTER STRLEN SUBSTR CONCAT REPLACE REGEX YEAR MONTH DAY NOW isIRI isLiteral sameTerm").split(" ");

const colours = HighlightStyle.define([
  { tag: tags.keyword, class: "gz-tk-word" }, { tag: [tags.variableName, tags.special(tags.variableName)], class: "gz-tk-variable" },
  { tag: [tags.string, tags.special(tags.string)], class: "gz-tk-text" }, { tag: tags.comment, class: "gz-tk-comment" }, { tag: tags.number, class: "gz-tk-number" },
  { tag: [tags.namespace, tags.propertyName, tags.typeName, tags.url, tags.atom], class: "gz-tk-term" },
]);

// Our terms, fetched once, when they are first wanted.
let fetched = null;
const terms = () => (fetched ||= fetch("/web/terms").then((answer) => (answer.ok ? answer.json() : [])).catch(() => []));

// What may follow at the cursor: variables of this query, terms, keywords; nothing inside comments and strings.
const complete = async (context) => {
  const inside = syntaxTree(context.state).resolveInner(context.pos, -1).name;
  if (/comment|string/i.test(inside)) return null;
  const word = context.matchBefore(/[?$]?[\p{L}\p{N}_:.-]*/u);
  if (!word || (word.from === word.to && !context.explicit)) return null;
  if (/^[?$]/.test(word.text)) {
    const named = new Set(context.state.doc.toString().match(/[?$][\p{L}\p{N}_]+/gu) || []);
    named.delete(word.text);
    return { from: word.from, options: [...named].map((label) => ({ label, type: "variable" })) };
  }
  const keywords = KEYWORDS.map((label) => ({ label, type: "keyword", boost: -1 }));
  return { from: word.from, options: [...(await terms()), ...keywords], validFor: /^[\p{L}\p{N}_:.-]*$/u };
};

// Where the service says that a query is wrong, the editor shows it.
const faults = (view) => {
  const fault = document.querySelector("#gz-result .gz-error[data-line]");
  if (!fault) return setDiagnostics(view.state, []);
  const line = view.state.doc.line(Math.min(Math.max(1, Number(fault.dataset.line)), view.state.doc.lines));
  const from = Math.min(line.from + Math.max(0, Number(fault.dataset.column) - 1), line.to);
  const to = from < line.to ? from + 1 : line.to, start = from === to ? Math.max(line.from, from - 1) : from;
  return setDiagnostics(view.state, [{ from: start, to, severity: "error", message: fault.dataset.message }]);
};

// Make an editor in `place`; `props.value` is the query, `watch` tells when it is changed from outside.
export const edit = (place, props, watch) => {
  const focused = place.contains(document.activeElement);
  place.replaceChildren();
  const view = new EditorView({
    parent: place,
    state: EditorState.create({
      doc: props.value || "",
      extensions: [
        lineNumbers(), history(), bracketMatching(), closeBrackets(), highlightActiveLine(), sparql(), syntaxHighlighting(colours),
        autocompletion({ override: [complete], activateOnTyping: true, maxRenderedOptions: 60 }),
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]), // Tab leaves the editor
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": "SPARQL 查询", spellcheck: "false", tabindex: "0" }),
        EditorState.phrases.of({ Completions: "可以写", "No diagnostics": "没有错误" }),
        EditorView.updateListener.of((update) => { if (update.docChanged) props.value = update.state.doc.toString(); }),
      ],
    }),
  });
  if (focused) view.focus();
  watch("value", () => {
    const text = props.value || "";
    if (text !== view.state.doc.toString()) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
  });
  const result = document.querySelector("#gz-result");
  if (result) new MutationObserver(() => view.dispatch(faults(view))).observe(result, { childList: true, subtree: true, attributes: true });
};
