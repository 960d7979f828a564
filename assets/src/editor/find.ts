// Find and replace within the text blocks, and the count of words.

import { Extension, type Editor } from "@tiptap/core";
import type { Node as PMNode } from "@tiptap/pm/model";
import { Plugin, PluginKey, TextSelection } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import { button, make, say } from "./dom";

interface Found { from: number; to: number }
interface Looking { words: string; found: Found[]; at: number }

const key = new PluginKey<Looking>("find");

function search(doc: PMNode, words: string): Found[] {
  const found: Found[] = [];
  if (!words) return found;
  doc.descendants((n, pos) => {
    if (!n.isTextblock) return true;
    // One character a position: a leaf stands as one character that nobody types.
    const text = n.textBetween(0, n.content.size, undefined, "\ufffc");
    for (let i = text.indexOf(words); i >= 0 && found.length < 5000; i = text.indexOf(words, i + words.length)) {
      found.push({ from: pos + 1 + i, to: pos + 1 + i + words.length });
    }
    return false;
  });
  return found;
}

export const Finding = Extension.create({
  name: "finding",
  addProseMirrorPlugins() {
    return [new Plugin<Looking>({
      key,
      state: {
        init: () => ({ words: "", found: [], at: 0 }),
        apply(tr, was, _, state) {
          const set = tr.getMeta(key) as Partial<Looking> | undefined;
          const words = set?.words ?? was.words;
          if (!set && !tr.docChanged) return was;
          const found = set?.words === undefined && !tr.docChanged ? was.found : search(state.doc, words);
          return { words, found, at: Math.min(set?.at ?? was.at, Math.max(found.length - 1, 0)) };
        },
      },
      props: {
        decorations(state) {
          const s = key.getState(state);
          if (!s || s.found.length === 0) return null;
          return DecorationSet.create(state.doc, s.found.map((f, i) => Decoration.inline(f.from, f.to, { class: i === s.at ? "found here" : "found" })));
        },
      },
    })];
  },
});

/** count is characters as offices count them: each Chinese character one, each Latin word or figure one. */
export function count(doc: PMNode): { words: number; paragraphs: number } {
  let words = 0, paragraphs = 0;
  doc.descendants((n) => {
    if (!n.isTextblock) return true;
    const text = n.textBetween(0, n.content.size, " ", " ");
    const m = text.match(/[A-Za-z0-9\u00c0-\u024f]+|[^\s\w]/g);
    if (m) { words += m.length; paragraphs++; }
    return false;
  });
  return { words, paragraphs };
}

/** findBar is the panel of find and replace, hidden until asked for. */
export function findBar(editor: Editor): { bar: HTMLElement; open: () => void } {
  const bar = make("div", "find-bar");
  bar.hidden = true;
  bar.setAttribute("role", "search");
  bar.setAttribute("aria-label", "查找和替换");
  const field = (id: string, label: string) => {
    const l = make("label", "", label);
    l.htmlFor = id;
    const i = make("input");
    i.id = id;
    i.autocomplete = "off";
    bar.append(l, i);
    return i;
  };
  const what = field("find-what", "查找"), into = field("find-into", "替换为");
  const told = make("span", "find-told");
  told.setAttribute("role", "status");
  const state = () => key.getState(editor.state)!;
  const tell = () => {
    const s = state();
    told.textContent = s.words ? (s.found.length ? `第 ${s.at + 1} 处，共 ${s.found.length} 处` : "没有找到") : "";
  };
  const go = (step: number) => {
    const s = state();
    if (s.found.length === 0) { tell(); return; }
    const at = (s.at + step + s.found.length) % s.found.length;
    const f = s.found[at];
    editor.view.dispatch(editor.state.tr.setMeta(key, { at }).setSelection(TextSelection.create(editor.state.doc, f.from, f.to)).scrollIntoView());
    tell();
  };
  what.addEventListener("input", () => { editor.view.dispatch(editor.state.tr.setMeta(key, { words: what.value, at: 0 })); tell(); });
  const swap = (all: boolean) => {
    const s = state();
    const list = all ? s.found.slice() : s.found.slice(s.at, s.at + 1);
    if (list.length === 0) { tell(); return; }
    const tr = editor.state.tr;
    for (const f of list.reverse()) {
      const marks = editor.state.doc.resolve(f.from).marksAcross(editor.state.doc.resolve(f.to)) || [];
      if (into.value) tr.replaceWith(f.from, f.to, editor.schema.text(into.value, marks)); else tr.delete(f.from, f.to);
    }
    editor.view.dispatch(tr);
    const s2 = state();
    told.textContent = all ? `已替换 ${list.length} 处` : s2.found.length ? `还有 ${s2.found.length} 处` : "已全部替换";
    say(told.textContent);
  };
  const close = () => {
    bar.hidden = true;
    editor.view.dispatch(editor.state.tr.setMeta(key, { words: "", at: 0 }));
    editor.commands.focus();
  };
  bar.append(button("上一处", () => go(-1)), button("下一处", () => go(1)), button("替换", () => swap(false)), button("全部替换", () => swap(true)), button("关闭", close), told);
  bar.addEventListener("keydown", (e) => {
    if (e.isComposing) return;
    if (e.key === "Enter") { e.preventDefault(); if (e.target === what) go(e.shiftKey ? -1 : 1); else if (e.target === into) swap(false); }
    if (e.key === "Escape") { e.preventDefault(); close(); }
  });
  return { bar, open: () => {
    bar.hidden = false;
    const { from, to } = editor.state.selection;
    const chosen = editor.state.doc.textBetween(from, to, "\n");
    if (chosen && chosen.indexOf("\n") < 0 && chosen.length < 100) what.value = chosen;
    what.dispatchEvent(new Event("input"));
    what.focus();
    what.select();
  } };
}
