// The editor's schema is built from schema.json, which is the table of
// internal/prose written out: what cannot be stored cannot be typed. All looks
// are classes; nothing here writes a style.

import { Extension, Mark, Node, type Extensions } from "@tiptap/core";
import { dropCursor } from "@tiptap/pm/dropcursor";
import { gapCursor } from "@tiptap/pm/gapcursor";
import { history, redo, undo } from "@tiptap/pm/history";
import type { DOMOutputSpec, Node as PMNode } from "@tiptap/pm/model";
import { tableEditing } from "@tiptap/pm/tables";
import table from "./schema.json";

export interface Attr { name: string; kind: string; among?: string[]; least?: number; most?: number; required?: boolean }
export interface Row { name: string; says: string; content?: string[]; least?: number; inline?: boolean; attrs?: Attr[] }
export interface Json { type: string; attrs?: Record<string, unknown>; content?: Json[]; marks?: { type: string; attrs?: Record<string, unknown> }[]; text?: string }

export const rows = new Map<string, Row>((table.nodes as Row[]).map((r) => [r.name, r]));
export const markRows = new Map<string, Row>((table.marks as Row[]).map((r) => [r.name, r]));

const roles: Record<string, string> = { table: "table", tableRow: "row", tableCell: "cell", tableHeader: "header_cell" };
const digits = "零一二三四五六七八九";

/** numeral is n in Chinese, 1 to 9999: 十二, 一百零三. */
export function numeral(n: number): string {
  if (n < 1 || n > 9999) return String(n);
  const s = String(n);
  let out = "", zero = false;
  for (let i = 0; i < s.length; i++) {
    const d = Number(s[i]), u = s.length - 1 - i;
    if (d === 0) { zero = true; continue; }
    if (zero) { out += "零"; zero = false; }
    if (!(d === 1 && u === 1 && i === 0)) out += digits[d];
    out += ["", "十", "百", "千"][u];
  }
  return out;
}

/** clauseLabel is a clause's number as it stands in the text. */
export function clauseLabel(level: number, n: number): string {
  if (level === 1) return "第" + numeral(n) + "条\u3000";
  if (level === 2) return numeral(n) + "、";
  if (level === 3) return "（" + numeral(n) + "）";
  return level === 4 ? n + "." : "（" + n + "）";
}

function fallback(a: Attr): unknown {
  if (a.kind === "flag") return false;
  if (a.kind === "number") return a.name === "colspan" || a.name === "rowspan" ? 1 : a.required ? a.least : null;
  return a.required && a.among ? a.among[0] : null;
}

const word = (v: unknown) => (v == null ? "" : String(v));

/** look is how a node stands in the editor: its element, its classes, its words. */
function look(n: PMNode): { tag: string; attrs: Record<string, string>; words?: string[] } {
  const a = n.attrs;
  switch (n.type.name) {
    case "paragraph": return { tag: "p", attrs: { class: [a.indent2 ? "indent2" : "", a.lead ? "lead" : "", a.align && a.align !== "left" ? "align-" + a.align : ""].filter(Boolean).join(" ") } };
    case "heading": return { tag: "h" + a.level, attrs: {} };
    case "clause": return { tag: "p", attrs: { class: "clause clause-" + a.level, "data-no": clauseLabel(a.level, a.number) } };
    case "bulletList": return { tag: "ul", attrs: {} };
    case "orderedList": return { tag: "ol", attrs: a.start > 1 ? { start: word(a.start) } : {} };
    case "listItem": return { tag: "li", attrs: {} };
    case "blockquote": return { tag: "blockquote", attrs: {} };
    case "callout": return { tag: "div", attrs: { class: "callout callout-" + (a.kind || "note") } };
    case "table": return { tag: "table", attrs: { class: "table-" + (a.width || "full"), "data-caption": word(a.caption) } };
    case "tableRow": return { tag: "tr", attrs: {} };
    case "tableCell": return { tag: "td", attrs: spans(a) };
    case "tableHeader": return { tag: "th", attrs: { ...spans(a), scope: a.scope || "col" } };
    case "figure": return { tag: "figure", attrs: { class: "figure" }, words: [word(a.caption) + (a.source ? " " + a.source : "")] };
    case "attachment": return { tag: "p", attrs: { class: "attachment" }, words: ["附件：" + word(a.name)] };
    case "docHead": return { tag: "div", attrs: { class: "doc-head" }, words: [word(a.issuer), word(a.docNo), a.signer ? "签发人：" + a.signer : ""] };
    case "policyRef": return { tag: "p", attrs: { class: "policy-ref" }, words: ["政策引用：" + word(a.title || a.id)] };
    case "recipients": return { tag: "p", attrs: { class: "doc-recipients" } };
    case "attachmentNote": return { tag: "p", attrs: { class: "doc-attachments" } };
    case "signature": return { tag: "p", attrs: { class: "doc-signature" } };
    case "copies": return { tag: "p", attrs: { class: "doc-copies" } };
    case "horizontalRule": return { tag: "hr", attrs: {} };
    case "hardBreak": return { tag: "br", attrs: {} };
    case "footnote": return { tag: "sup", attrs: { class: "footnote", title: word(a.text) }, words: ["［注］"] };
  }
  return { tag: "div", attrs: {} };
}

function spans(a: Record<string, unknown>): Record<string, string> {
  const out: Record<string, string> = {};
  for (const k of ["colspan", "rowspan"]) if (Number(a[k]) > 1) out[k] = word(a[k]);
  return out;
}

function draw(n: PMNode): DOMOutputSpec {
  const l = look(n);
  const attrs: Record<string, string> = { ...l.attrs, "data-node": n.type.name };
  if (!attrs.class) delete attrs.class;
  if (Object.keys(n.attrs).length > 0) attrs["data-attrs"] = JSON.stringify(n.attrs);
  if (n.type.name === "table") return ["table", attrs, ["tbody", 0]];
  if (n.type.name === "figure" && n.attrs.kind === "image" && n.attrs.src) {
    return ["figure", attrs, ["img", { src: n.attrs.src, alt: word(n.attrs.alt) }], ["figcaption", {}, l.words![0]]] as unknown as DOMOutputSpec;
  }
  if (n.type.isLeaf) {
    if (l.tag === "br" || l.tag === "hr") return [l.tag, attrs];
    const inner = (l.words || []).filter(Boolean).map((w) => ["span", {}, w]);
    return [l.tag, attrs, ...inner] as unknown as DOMOutputSpec;
  }
  return [l.tag, attrs, 0];
}

function readAttrs(e: HTMLElement): Record<string, unknown> | null {
  const s = e.getAttribute("data-attrs");
  if (!s) return null;
  try { return JSON.parse(s) as Record<string, unknown>; } catch { return null; }
}

function nodeOf(r: Row) {
  const content = r.content ? "(" + r.content.join(" | ") + ")" + (r.least ? "+" : "*") : undefined;
  const plain: Record<string, { tag: string; attrs?: Record<string, unknown> }[]> = {
    paragraph: [{ tag: "p" }, { tag: "div" }], hardBreak: [{ tag: "br" }], bulletList: [{ tag: "ul" }], orderedList: [{ tag: "ol" }], listItem: [{ tag: "li" }],
    table: [{ tag: "table" }], tableRow: [{ tag: "tr" }], tableCell: [{ tag: "td" }], tableHeader: [{ tag: "th" }], blockquote: [{ tag: "blockquote" }],
    heading: [{ tag: "h2", attrs: { level: 2 } }, { tag: "h3", attrs: { level: 3 } }, { tag: "h4", attrs: { level: 4 } }],
  };
  const block = !r.inline && r.name !== "doc";
  return Node.create({
    name: r.name,
    topNode: r.name === "doc",
    content,
    inline: !!r.inline,
    group: r.inline ? "inline" : undefined,
    priority: r.name === "paragraph" ? 1000 : 100,
    atom: !r.content && r.name !== "text",
    selectable: !r.content && r.name !== "text" && r.name !== "hardBreak",
    isolating: r.name === "tableCell" || r.name === "tableHeader" || r.name === "table",
    defining: block && r.name !== "paragraph",
    marks: r.content && r.content.indexOf("text") < 0 ? "" : undefined,
    tableRole: roles[r.name],
    addAttributes() {
      const out: Record<string, object> = {};
      for (const a of r.attrs || []) out[a.name] = { default: fallback(a), rendered: false };
      return out;
    },
    parseHTML() {
      if (r.name === "doc" || r.name === "text") return [];
      return [
        { tag: `[data-node="${r.name}"]`, priority: 60, getAttrs: (e: HTMLElement) => readAttrs(e) },
        ...(plain[r.name] || []).map((p) => ({ tag: p.tag, attrs: p.attrs, priority: 40 })),
      ];
    },
    ...(r.name === "doc" || r.name === "text" ? {} : { renderHTML: ({ node }: { node: PMNode }) => draw(node) }),
  });
}

const markTags: Record<string, string[]> = {
  bold: ["strong", "b"], italic: ["em", "i"], underline: ["u"], superscript: ["sup:not(.footnote)"], subscript: ["sub"], link: ["a[href]"], insertion: ["ins"], deletion: ["del"],
};
const markKeys: Record<string, string> = { bold: "Mod-b", italic: "Mod-i", underline: "Mod-u", superscript: "Mod-.", subscript: "Mod-," };

function markOf(r: Row) {
  return Mark.create({
    name: r.name,
    inclusive: r.name !== "link" && r.name !== "comment",
    excludes: r.name === "superscript" ? "superscript subscript" : r.name === "subscript" ? "subscript superscript" : r.name,
    addAttributes() {
      const out: Record<string, object> = {};
      for (const a of r.attrs || []) out[a.name] = { default: a.required && a.among ? a.among[0] : null, rendered: false };
      return out;
    },
    parseHTML() {
      return [{ tag: `[data-mark="${r.name}"]`, priority: 60, getAttrs: (e: HTMLElement) => readAttrs(e) },
        ...(markTags[r.name] || []).map((tag) => ({ tag, priority: 40, getAttrs: (e: HTMLElement) => (r.name === "link" ? { href: e.getAttribute("href") } : null) }))];
    },
    renderHTML({ mark }) {
      const attrs: Record<string, string> = { "data-mark": r.name };
      if (Object.keys(mark.attrs).length > 0) attrs["data-attrs"] = JSON.stringify(mark.attrs);
      if (r.name === "link") return ["a", { ...attrs, href: word(mark.attrs.href), rel: "noopener" }, 0];
      if (r.name === "colour") return ["span", { ...attrs, class: "colour-" + mark.attrs.class }, 0];
      if (r.name === "comment") return ["span", { ...attrs, class: "comment-mark" }, 0];
      return [(markTags[r.name] || ["span"])[0].replace(/[:[].*/, ""), attrs, 0];
    },
    addKeyboardShortcuts() {
      const key = markKeys[r.name];
      return key ? { [key]: () => this.editor.commands.toggleMark(this.name) } : ({} as Record<string, () => boolean>);
    },
  });
}

const ground = Extension.create({
  name: "ground",
  addProseMirrorPlugins() {
    return [history(), dropCursor({ class: "drop-cursor" }), gapCursor(), tableEditing()];
  },
  addKeyboardShortcuts() {
    const run = (c: typeof undo) => () => c(this.editor.state, this.editor.view.dispatch);
    return { "Mod-z": run(undo), "Mod-y": run(redo), "Shift-Mod-z": run(redo) };
  },
});

export function extensions(): Extensions {
  return [ground, ...(table.nodes as Row[]).map(nodeOf), ...(table.marks as Row[]).map(markOf),
    Extension.create({ name: "tableRoles", extendNodeSchema: (ext) => ({ tableRole: (ext.config as { tableRole?: string }).tableRole }) })];
}

/** canonical drops what is only a default, as the house writes documents. */
export function canonical(n: Json): Json {
  const out: Json = { type: n.type };
  if (n.text) out.text = n.text;
  const attrs: Record<string, unknown> = {};
  for (const a of rows.get(n.type)?.attrs || []) {
    const v = n.attrs?.[a.name];
    if (v == null || v === false || v === "" || (a.name === "colspan" || a.name === "rowspan") && v === 1) continue;
    attrs[a.name] = v;
  }
  if (Object.keys(attrs).length > 0) out.attrs = attrs;
  if (n.marks && n.marks.length > 0) {
    out.marks = n.marks.map((m) => {
      const kept: Record<string, unknown> = {};
      for (const k of Object.keys(m.attrs || {})) if (m.attrs![k] != null && m.attrs![k] !== "") kept[k] = m.attrs![k];
      return Object.keys(kept).length > 0 ? { type: m.type, attrs: kept } : { type: m.type };
    });
  }
  if (n.content && n.content.length > 0) out.content = n.content.map(canonical);
  return out;
}
