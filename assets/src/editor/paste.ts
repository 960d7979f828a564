// What is pasted goes to the one cleaner, which is the server's; what comes
// back is a document of the schema and a report of what was changed.

import type { Editor } from "@tiptap/core";
import { Slice } from "@tiptap/pm/model";
import { make, say } from "./dom";
import type { Json } from "./schema";

interface Cleaned { doc: Json; notes: string[]; text: string }

const ours = /data-pm-slice/;

export function pasting(editor: () => Editor, notes: HTMLElement, picture: ((f: File) => void) | null) {
  const report = (list: string[], undo: (() => void) | null) => {
    notes.textContent = "";
    if (list.length === 0) return;
    const box = make("div", "alert info");
    box.append(make("p", "alert-title", "粘贴时作了处理"));
    const ul = make("ul");
    for (const n of list) ul.append(make("li", "", n));
    box.append(ul);
    const acts = make("p");
    const button = (text: string, act: () => void) => {
      const b = make("button", "button plain", text);
      b.type = "button";
      b.addEventListener("click", act);
      acts.append(b);
    };
    if (undo) button("改为只留文字", undo);
    button("知道了", () => { notes.textContent = ""; editor().commands.focus(); });
    box.append(acts);
    notes.append(box);
    say("粘贴时作了处理：" + list.join("；"));
  };

  const insertText = (text: string) => editor().commands.insertContent(text.split(/\r?\n/).filter((l) => l.trim()).map((l) => ({ type: "paragraph", content: [{ type: "text", text: l.trim() }] })));

  const clean = async (html: string, text: string, files: File[]) => {
    const e = editor();
    e.setEditable(false);
    notes.textContent = "正在整理粘贴的内容…";
    let got: Cleaned | null = null, wrong = "";
    try {
      const body = new URLSearchParams();
      body.set("html", html);
      const r = await fetch("/console/items/paste", { method: "POST", credentials: "same-origin", redirect: "manual", body, headers: { "X-Form-Token": document.body.dataset.formToken || "", Accept: "application/json" } });
      if (r.ok) got = await r.json() as Cleaned;
      else {
        const p = await r.json().catch(() => null) as { detail?: string } | null;
        wrong = p?.detail || "登录已过期或服务器暂时不能使用。";
      }
    } catch { wrong = "网络不通。"; }
    e.setEditable(true);
    e.commands.focus();
    if (!got) {
      insertText(text);
      report(["没有整理格式，只粘贴了文字：" + wrong], null);
      return;
    }
    const content = got.doc.content || [];
    // A single paragraph goes into the line where the cursor stands.
    if (content.length === 1 && content[0].type === "paragraph") e.commands.insertContent(content[0].content || []);
    else {
      const d = e.schema.nodeFromJSON(got.doc);
      e.view.dispatch(e.state.tr.replaceSelection(new Slice(d.content, 0, 0)).scrollIntoView());
    }
    const list = got.notes.slice();
    if (files.length > 0 && picture) for (const f of files) picture(f);
    else if (files.length > 0 && !/\[图片|［图片/.test(got.text)) list.push(`剪贴板中有 ${files.length} 幅图片没有带入，请另存后上传。`);
    report(list, () => { e.commands.keyboardShortcut("Mod-z"); insertText(text); notes.textContent = ""; });
  };

  return (e: ClipboardEvent): boolean => {
    const data = e.clipboardData;
    if (!data) return false;
    const html = data.getData("text/html"), text = data.getData("text/plain");
    const files = Array.from(data.files || []).filter((f) => /^image\//.test(f.type));
    if (html && ours.test(html)) return false; // from this editor: the schema's own
    if (html) {
      e.preventDefault();
      void clean(html, text, files);
      return true;
    }
    if (files.length > 0) {
      e.preventDefault();
      if (picture) for (const f of files) picture(f);
      else report([`剪贴板中有 ${files.length} 幅图片没有带入，请先在媒体库上传。`], null);
      return true;
    }
    return false;
  };
}
