// The editor of an item: an island over the plain form's text field. Without
// it the form works as it stands; with it the form posts the document itself
// in the field “doc”, which the server validates all the same.

import "./editor/floor";
import { Editor, Extension } from "@tiptap/core";
import { goToNextCell } from "@tiptap/pm/tables";
import { ask, button, clock, day, make, say } from "./editor/dom";
import { count, findBar, Finding } from "./editor/find";
import { Keeper, type Fields, type Local } from "./editor/keep";
import { pasting } from "./editor/paste";
import { canonical, extensions, type Json } from "./editor/schema";
import { askLink, toolbar } from "./editor/toolbar";

function start(data: HTMLElement): void {
  const found = document.getElementById("f-text");
  const form = found?.closest("form");
  if (!(found instanceof HTMLTextAreaElement) || !form) return;
  const area = found;
  // Typed before this script came, or put back by the browser: those words stay
  // where they stand, and the plain form is whole.
  if (area.value !== area.defaultValue.replace(/\r\n?/g, "\n")) return;
  const field = area.closest(".field") as HTMLElement;
  const label = field.querySelector("label")!;

  const room = make("div", "editor");
  const notes = make("div", "editor-notes");
  notes.setAttribute("aria-live", "polite");
  const paper = make("div", "editor-paper");
  const foot = make("div", "editor-foot");
  const counted = make("p", "editor-count");
  label.id = "editor-label";
  label.removeAttribute("for");

  const doc = make("input");
  doc.type = "hidden";
  doc.name = "doc";

  let editor: Editor;
  const pictures = data.dataset.pictures || "";
  const upload = async (f: File) => {
    const got = await ask("上传图片", [{ name: "alt", label: "替代文字（说明图中内容，必填）", required: true }, { name: "caption", label: "图注" }, { name: "source", label: "图片来源" }], "上传");
    if (!got) return;
    const body = new FormData();
    body.set("file", f);
    body.set("alt", got.alt);
    if (data.dataset.item) body.set("item", data.dataset.item);
    try {
      const r = await fetch(pictures, { method: "POST", credentials: "same-origin", redirect: "manual", body, headers: { "X-Form-Token": document.body.dataset.formToken || "", Accept: "application/json" } });
      const answer = await r.json() as { src?: string; detail?: string };
      if (!r.ok || !answer.src) throw new Error(answer.detail || "图片没有上传。");
      editor.chain().focus().insertContent({ type: "figure", attrs: { kind: "image", src: answer.src, alt: got.alt, caption: got.caption || null, source: got.source || null } }).run();
    } catch (e) {
      notes.textContent = "图片没有上传：" + (e instanceof Error ? e.message : "网络不通，请重试。");
    }
  };
  const choose = () => {
    const input = make("input");
    input.type = "file";
    input.accept = "image/png,image/jpeg,image/gif,image/webp";
    input.addEventListener("change", () => { if (input.files && input.files[0]) void upload(input.files[0]); });
    input.click();
  };
  const takePaste = pasting(() => editor, notes, pictures ? (f) => void upload(f) : null);

  let tools: HTMLElement;
  let find: { bar: HTMLElement; open: () => void };
  const help = () => void ask("按键说明：Alt+F10 到工具栏，左右键移动，Esc 回到正文；Ctrl+B 加粗，Ctrl+I 楷体，Ctrl+U 下划线，Ctrl+K 链接，Ctrl+F 查找替换，Ctrl+Z 撤销，Ctrl+Y 重做；列表中 Tab 缩进；表格中 Tab 到下一格；Esc 后按 Tab 离开正文。", [], "知道了");
  let leaving = false; // Esc was pressed: the next Tab leaves the text

  const Keys = Extension.create({
    name: "keys",
    priority: 900,
    addKeyboardShortcuts() {
      return {
        "Mod-k": () => { void askLink(this.editor); return true; },
        "Mod-f": () => { find.open(); return true; },
        "Alt-F10": () => { tools.querySelector<HTMLElement>("[tabindex='0']")?.focus(); return true; },
        "Alt-F1": () => { help(); return true; },
        "Enter": () => splitClause(this.editor) || this.editor.commands.splitListItem("listItem"),
        "Shift-Enter": () => this.editor.commands.insertContent({ type: "hardBreak" }),
        "Escape": () => { leaving = true; return false; },
        "Tab": () => {
          if (leaving) { leaving = false; return false; }
          return cell(this.editor, 1) || this.editor.commands.sinkListItem("listItem") || indent(this.editor, true);
        },
        "Shift-Tab": () => {
          if (leaving) { leaving = false; return false; }
          return cell(this.editor, -1) || this.editor.commands.liftListItem("listItem") || indent(this.editor, false);
        },
      };
    },
  });

  editor = new Editor({
    element: paper,
    injectCSS: false,
    extensions: [...extensions(), Finding, Keys],
    content: JSON.parse(data.dataset.doc || "null") as Json | null,
    enableContentCheck: true,
    onContentError: ({ error }) => { notes.textContent = "正文有编辑器不认识的内容，请用纯文字方式修改：" + error.message; },
    editorProps: {
      attributes: { class: "prose editor-text", role: "textbox", "aria-multiline": "true", "aria-labelledby": "editor-label", "aria-describedby": "editor-help", spellcheck: "false", lang: "zh-CN" },
      handleDOMEvents: { paste: (_, e) => takePaste(e as ClipboardEvent), blur: () => { leaving = false; return false; } },
    },
  });

  const text = () => JSON.stringify(canonical(editor.getJSON() as Json));
  doc.value = text();
  const fields = (): Fields => {
    const f: Fields = {};
    for (const e of Array.from(form.elements)) {
      if (!(e instanceof HTMLInputElement || e instanceof HTMLTextAreaElement || e instanceof HTMLSelectElement) || !e.name || e.name[0] === "_" || e === area) continue;
      if (e instanceof HTMLInputElement && (["password", "file", "submit", "button"].indexOf(e.type) >= 0 || (e.type === "checkbox" || e.type === "radio") && !e.checked)) continue;
      if (["tool", "find", "replace", "paste"].indexOf(e.name) >= 0) continue;
      (f[e.name] = f[e.name] || []).push(e.value);
    }
    return f;
  };

  find = findBar(editor);
  tools = toolbar(editor, { find: find.open, picture: pictures ? choose : null, help });
  const hint = make("p", "hint", "可以直接从 Word、WPS、Excel、微信和网页粘贴，列表、表格、缩进会保留。按 Alt+F1 看按键说明。");
  hint.id = "editor-help";

  const keeper = new Keeper({ form, item: data.dataset.item || "", draft: data.dataset.draft || "", person: data.dataset.person || "", seq: Number(data.dataset.seq || 0), href: data.dataset.href || location.pathname },
    fields, (why) => {
      editor.setEditable(false);
      for (const b of Array.from(form.querySelectorAll<HTMLButtonElement>("button[type=submit]"))) b.disabled = true;
      form.parentNode!.insertBefore(why, form);
      why.tabIndex = -1;
      why.focus();
    });

  foot.append(counted, keeper.status);
  room.append(tools, find.bar, notes, paper, foot);
  const old = field.querySelector(".hint");
  if (old) old.remove();
  area.before(hint, room);
  area.hidden = true;
  form.append(doc);
  // The plain form's tools do in one step what the editor does at the cursor.
  (form.querySelector("[name=tool]")?.closest("fieldset") as HTMLElement | null)?.remove();
  for (const b of Array.from(form.querySelectorAll("button[value=tool]"))) b.remove();

  const tally = () => {
    const n = count(editor.state.doc);
    counted.textContent = `${n.words} 字，${n.paragraphs} 段`;
  };
  tally();
  let tallying = 0;
  editor.on("update", () => {
    doc.value = text();
    window.clearTimeout(tallying);
    tallying = window.setTimeout(tally, 200);
    keeper.changed();
  });
  form.addEventListener("input", (e) => { if (!(e.target as Element).closest(".editor, .ask")) keeper.changed(); });
  form.addEventListener("submit", () => {
    doc.value = text();
    // What the plain field would show, for a page that can only show words.
    area.value = editor.getText({ blockSeparator: "\n\n" });
    keeper.sent();
  });

  const local = keeper.was();
  if (data.dataset.mended) keeper.changed(); // by a press: the copy from before it is no text to go back to
  else if (local) offer(local);

  function offer(l: Local): void {
    const bar = make("div", "alert info");
    bar.setAttribute("role", "status");
    const at = new Date(l.at);
    bar.append(make("p", "alert-title", `本机浏览器留有 ${day(at)} ${clock(at)} 没有保存的内容`));
    if (l.base !== (fields().base || [""])[0]) bar.append(make("p", "", "之后这篇稿件又保存过新的版本，恢复后请与新版本核对。"));
    const acts = make("p");
    acts.append(button("恢复这些内容", () => {
      write(l.fields);
      bar.remove();
      say("已恢复本机留存的内容，核对后请保存。");
      editor.commands.focus();
    }, "button"), button("不用了", () => { keeper.forget(); bar.remove(); editor.commands.focus(); }, "button plain"));
    bar.append(acts);
    form!.parentNode!.insertBefore(bar, form!);
  }

  function write(f: Fields): void {
    for (const e of Array.from(form!.elements)) {
      if (!(e instanceof HTMLInputElement || e instanceof HTMLTextAreaElement || e instanceof HTMLSelectElement) || !e.name || e === area) continue;
      if (["base", "doc", "draft"].indexOf(e.name) >= 0 || e.name[0] === "_") continue;
      const values = f[e.name];
      if (e instanceof HTMLInputElement && (e.type === "checkbox" || e.type === "radio")) e.checked = !!values && values.indexOf(e.value) >= 0;
      else if (values) e.value = values[0];
    }
    if (f.doc && f.doc[0]) editor.commands.setContent(JSON.parse(f.doc[0]) as Json);
    keeper.changed();
  }
}

// Enter at the end of a numbered clause begins the next number; in an empty one it ends the numbering.
function splitClause(editor: Editor): boolean {
  const { $from, empty } = editor.state.selection;
  const n = $from.parent;
  if (!empty || n.type.name !== "clause") return false;
  if (n.content.size === 0) return editor.commands.setNode("paragraph", { indent2: true });
  return editor.chain().splitBlock().updateAttributes("clause", { number: (n.attrs.number as number) + 1 }).run();
}

function cell(editor: Editor, step: 1 | -1): boolean {
  if (!editor.isActive("table")) return false;
  return editor.commands.command(({ state, dispatch }) => goToNextCell(step)(state, dispatch));
}

function indent(editor: Editor, on: boolean): boolean {
  if (editor.state.selection.$from.parent.type.name !== "paragraph") return false;
  if (!!editor.getAttributes("paragraph").indent2 === on) return false;
  return editor.commands.updateAttributes("paragraph", { indent2: on });
}

const data = document.getElementById("editor");
if (data) start(data);
