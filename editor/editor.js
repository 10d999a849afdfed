// The editor of the page *Edit YAML*: CodeMirror over the page's own <textarea>, which works without it.
//
// <yaml-editor> stands around the textarea. What is typed here goes into it and is told by an `input` event, so that the
// page knows of nothing else; what the page sets as its value comes back here. `data-marks` are refused lines, `data-goto` is
// a line to go to, `data-keys` are annotations to complete.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import {
  bracketMatching, codeFolding, foldGutter, foldKeymap, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting,
} from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import {
  drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

// Colours are the page's own, so that light and dark follow by themselves.
const theme = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--field)", fontSize: "var(--size-small)" },
  "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: "var(--font-code)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--text)", paddingBlock: "var(--space-2)" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--raised)", color: "var(--text-quiet)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--hover) 55%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--focus) 30%, transparent)",
  },
  ".cm-selectionMatch": { backgroundColor: "var(--accent-ground)" },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--surface)", color: "var(--text)", border: "1px solid var(--line)" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent-ground)", color: "var(--text)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  // Its own marks are pictures in `data:` addresses, which the page's policy does not let in.
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--bad)" },
  ".cm-lint-marker": { width: "1em", height: "1.5em", textAlign: "center" },
  ".cm-lint-marker-error": { content: "normal" },
  ".cm-lint-marker-error::before": { content: '"!"', color: "var(--bad)", fontWeight: "700" },
  ".cm-textfield, .cm-button": {
    color: "var(--text)", backgroundColor: "var(--field)", backgroundImage: "none", border: "1px solid var(--line-strong)",
  },
  ".cm-foldPlaceholder": { color: "var(--text-quiet)", backgroundColor: "var(--raised)", border: "1px solid var(--line)" },
});

const colours = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: "var(--info)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--good)" },
  { tag: [tags.lineComment, tags.comment], color: "var(--text-quiet)", fontStyle: "italic" },
  { tag: [tags.keyword, tags.bool, tags.null, tags.number], color: "var(--warning)" },
  { tag: [tags.labelName, tags.typeName, tags.meta], color: "var(--accent)" },
]);

// Chromium gives what is typed over coloured text a `style` of its own, which the policy refuses: here the text is replaced
// before the browser does it.
const replacing = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { main, ranges } = view.state.selection;
    if (event.inputType !== "insertText" || !event.data || view.composing || ranges.length > 1 || main.empty) return false;
    event.preventDefault();
    const insert = () => view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
    const { from, to } = main;
    const isTaken = view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, event.data, insert));
    if (!isTaken) view.dispatch(insert());
    return true;
  },
});

/** Completes keys of annotations below `annotations:`. */
const complete = (keys) => (context) => {
  const word = context.matchBefore(/[\w./-]+/);
  if (!word && !context.explicit) return null;
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, (word?.from ?? context.pos) - line.from);
  if (before.trim() !== "") return null;
  for (let number = line.number - 1; number > 0; number--) {
    const above = context.state.doc.line(number).text;
    const indent = above.search(/\S/);
    if (indent < 0 || indent >= before.length) continue;
    if (!above.trimStart().startsWith("annotations:")) return null;
    const options = keys.map((key) => ({ label: key, type: "property", apply: `${key}: ""` }));
    return { from: word?.from ?? context.pos, options };
  }
  return null;
};

class YamlEditor extends HTMLElement {
  static observedAttributes = ["data-marks", "data-goto"];

  connectedCallback() {
    const text = this.querySelector("textarea");
    if (!text || this.view) return;
    // The page's policy lets in only what carries its nonce.
    const nonce = document.querySelector("script[nonce]")?.nonce;
    const value = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
    const tell = EditorView.updateListener.of((update) => {
      if (!update.docChanged || this.setting) return;
      value.set.call(text, update.state.doc.toString());
      text.dispatchEvent(new Event("input", { bubbles: true }));
    });
    const keys = JSON.parse(this.dataset.keys ?? "[]");
    // In the order of Tab by a word of its own: tools that look for what scrolls and cannot be reached ask for it.
    const label = { "aria-label": text.getAttribute("aria-label") ?? "YAML", tabindex: "0" };
    const described = text.getAttribute("aria-describedby");
    if (described) label["aria-describedby"] = described;
    this.view = new EditorView({
      state: EditorState.create({
        doc: text.value,
        extensions: [
          nonce ? EditorView.cspNonce.of(nonce) : [],
          lineNumbers(), foldGutter(), codeFolding(), lintGutter(), highlightSpecialChars(), history(), drawSelection(),
          indentOnInput(), indentUnit.of("  "), bracketMatching(), closeBrackets(), highlightActiveLine(),
          highlightActiveLineGutter(), highlightSelectionMatches(), search({ top: true }),
          autocompletion({ override: [complete(keys)] }),
          // Tab is left alone: it leads out of the editor, as everywhere.
          keymap.of([
            ...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...completionKeymap,
            ...lintKeymap,
          ]),
          yaml(), syntaxHighlighting(colours), theme, replacing, tell, EditorView.contentAttributes.of(label),
        ],
      }),
    });
    // What the page sets from now on is shown here.
    Object.defineProperty(text, "value", {
      configurable: true,
      get: () => value.get.call(text),
      set: (next) => {
        value.set.call(text, next);
        this.show(next);
      },
    });
    // And who takes the reader to the text takes them here.
    text.focus = () => this.view?.focus();
    const hadFocus = document.activeElement === text;
    text.hidden = true;
    this.append(this.view.dom);
    this.dataset.ready = "true";
    if (hadFocus) this.view.focus();
    this.mark();
  }

  disconnectedCallback() {
    this.view?.destroy();
    this.view = undefined;
  }

  attributeChangedCallback(name, _, now) {
    if (!this.view || !now) return;
    if (name === "data-marks") this.mark();
    else this.go(now);
  }

  show(next) {
    const { state } = this.view;
    const now = state.doc.toString();
    if (now === next) return;
    // Only what differs is replaced: the cursor and the place in the text stay.
    let from = 0;
    const least = Math.min(now.length, next.length);
    while (from < least && now[from] === next[from]) from++;
    let tail = 0;
    while (tail < least - from && now[now.length - 1 - tail] === next[next.length - 1 - tail]) tail++;
    this.setting = true;
    this.view.dispatch({ changes: { from, to: now.length - tail, insert: next.slice(from, next.length - tail) } });
    this.setting = false;
  }

  /** Marks lines: `[{ line, column, message, severity }]`. */
  mark() {
    const { doc } = this.view.state;
    const marks = JSON.parse(this.dataset.marks || "[]");
    const diagnostics = marks.map(({ line, message, severity }) => {
      const at = doc.line(Math.min(Math.max(line, 1), doc.lines));
      const from = at.from + Math.max(at.text.search(/\S/), 0);
      return { from, to: Math.max(at.to, from), message, severity };
    });
    this.view.dispatch(setDiagnostics(this.view.state, diagnostics));
  }

  /** Goes to a line; after it, a number that makes the same line another wish. */
  go(wish) {
    const line = Number.parseInt(wish, 10);
    const { doc } = this.view.state;
    const at = doc.line(Math.min(Math.max(line, 1), doc.lines));
    this.view.dispatch({
      selection: { anchor: at.from + Math.max(at.text.search(/\S/), 0) },
      effects: EditorView.scrollIntoView(at.from, { y: "center" }),
    });
    this.view.focus();
  }
}

customElements.define("yaml-editor", YamlEditor);
