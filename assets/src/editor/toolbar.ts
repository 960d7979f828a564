// The tool bar: words, not pictures; one stop of the Tab key, arrows within.

import type { Editor } from "@tiptap/core";
import type { Node as PMNode } from "@tiptap/pm/model";
import { NodeSelection } from "@tiptap/pm/state";
import { addColumnAfter, addColumnBefore, addRowAfter, addRowBefore, deleteColumn, deleteRow, deleteTable, isInTable, mergeCells, splitCell, toggleHeaderColumn, toggleHeaderRow } from "@tiptap/pm/tables";
import { ask, button, make, say, type Question } from "./dom";
import { markRows, rows, type Attr } from "./schema";

const labels: Record<string, string> = {
  kind: "类型", src: "文件路径", alt: "替代文字（说明图中内容）", caption: "图注或表题", source: "来源", focal: "画面重点", name: "文件名", href: "文件路径", hash: "校验值", type: "文件类型", size: "字节数",
  issuer: "发文机关标志", docNo: "发文字号", signer: "签发人", id: "编号", title: "标题", text: "注文", start: "起始编号", width: "宽度", number: "编号", level: "层级",
};
const words: Record<string, string> = {
  image: "图片", video: "视频", audio: "音频", note: "说明", warning: "注意", full: "通栏", wide: "加宽", narrow: "窄", center: "居中", top: "上", bottom: "下", left: "左", right: "右", col: "列", row: "行",
};

function questionOf(a: Attr, value: unknown): Question {
  const q: Question = { name: a.name, label: labels[a.name] || a.name, value: value == null ? "" : String(value), required: a.required };
  if (a.among) q.options = [...(a.required ? [] : [["", "不设"] as [string, string]]), ...a.among.map((w) => [w, words[w] || w] as [string, string])];
  if ((a.most || 0) >= 1000 && a.name === "text") q.long = true;
  return q;
}

function answered(attrs: Attr[], got: Record<string, string>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const a of attrs) {
    if (!(a.name in got)) continue;
    out[a.name] = a.kind === "number" ? (got[a.name] ? Number(got[a.name]) : null) : got[a.name] || null;
  }
  return out;
}

// What is set by other means than its dialogue.
const silent = ["hash", "size", "type", "colspan", "rowspan"];

/** askNode asks for a node's attributes and puts it in, or changes the chosen one. */
async function askNode(editor: Editor, name: string, at?: { pos: number; node: PMNode }): Promise<void> {
  const row = rows.get(name)!;
  const attrs = (row.attrs || []).filter((a) => silent.indexOf(a.name) < 0);
  const got = await ask((at ? "修改" : "插入") + row.says, attrs.map((a) => questionOf(a, at?.node.attrs[a.name])), at ? "修改" : "插入");
  if (!got) { editor.commands.focus(); return; }
  const set = answered(attrs, got);
  if (at) editor.chain().focus().command(({ tr }) => { tr.setNodeMarkup(at.pos, undefined, { ...at.node.attrs, ...set }); return true; }).run();
  else editor.chain().focus().insertContent({ type: name, attrs: set }).run();
}

function chosenNode(editor: Editor): { pos: number; node: PMNode } | null {
  const s = editor.state.selection;
  if (s instanceof NodeSelection && (s.node.type.spec.atom || s.node.isAtom) && (rows.get(s.node.type.name)?.attrs || []).length > 0) return { pos: s.from, node: s.node };
  for (let d = s.$from.depth; d > 0; d--) {
    const node = s.$from.node(d);
    if (["clause", "table", "orderedList", "callout"].indexOf(node.type.name) >= 0) return { pos: s.$from.before(d), node };
  }
  return null;
}

async function askLink(editor: Editor): Promise<void> {
  const was = editor.getAttributes("link").href as string | undefined;
  const got = await ask("链接", [{ name: "href", label: "网址（http、https 或本站路径，清空即取消链接）", value: was || "" }], "确定");
  if (!got) { editor.commands.focus(); return; }
  const chain = editor.chain().focus().extendMarkRange("link");
  if (!got.href) chain.unsetMark("link").run();
  else if (editor.state.selection.empty && !was) chain.insertContent({ type: "text", text: got.href, marks: [{ type: "link", attrs: { href: got.href } }] }).run();
  else chain.setMark("link", { href: got.href }).run();
}

async function askTable(editor: Editor): Promise<void> {
  const got = await ask("插入表格", [{ name: "rows", label: "行数", value: "3" }, { name: "cols", label: "列数", value: "3" }, { name: "caption", label: "表题", value: "" }], "插入");
  if (!got) { editor.commands.focus(); return; }
  const within = (s: string, most: number) => Math.min(Math.max(parseInt(s, 10) || 1, 1), most);
  const r = within(got.rows, 200), c = within(got.cols, 30);
  const list = [];
  for (let i = 0; i < r; i++) {
    const cells = [];
    for (let j = 0; j < c; j++) cells.push({ type: i === 0 && r > 1 ? "tableHeader" : "tableCell", content: [{ type: "paragraph" }] });
    list.push({ type: "tableRow", content: cells });
  }
  editor.chain().focus().insertContent({ type: "table", attrs: { caption: got.caption || null }, content: list }).run();
}

/** renumber counts the clauses anew: articles through the text, the other levels within what stands above them. */
export function renumber(editor: Editor): number {
  const at = [0, 0, 0, 0, 0, 0];
  let changed = 0;
  const tr = editor.state.tr;
  editor.state.doc.forEach((n, pos) => {
    if (n.type.name === "heading") { for (let l = 2; l <= 5; l++) at[l] = 0; return; }
    if (n.type.name !== "clause") return;
    const level = n.attrs.level as number;
    const no = ++at[level];
    for (let l = level + 1; l <= 5; l++) at[l] = 0;
    if (n.attrs.number !== no) { tr.setNodeMarkup(pos, undefined, { ...n.attrs, number: no }); changed++; }
  });
  if (changed) editor.view.dispatch(tr);
  say(changed ? `已改正 ${changed} 个编号。` : "编号没有需要改正的。");
  editor.commands.focus();
  return changed;
}

function nextNumber(editor: Editor, level: number): number {
  const { $from } = editor.state.selection;
  const here = $from.before(1);
  let last = 0;
  editor.state.doc.forEach((n, pos) => {
    if (pos >= here) return;
    if (n.type.name === "clause" && n.attrs.level === level) last = n.attrs.number as number;
    else if (n.type.name === "clause" && n.attrs.level < level) last = 0;
  });
  return last + 1;
}

function wrapIn(editor: Editor, name: string): void {
  const inside = editor.isActive(name);
  if (inside) editor.chain().focus().lift(name).run();
  else editor.chain().focus().wrapIn(name).run();
}

function toggleList(editor: Editor, name: string): void {
  editor.chain().focus().toggleList(name, "listItem").run();
}

const styles: [string, string, (e: Editor) => void][] = [
  ["paragraph", "正文", (e) => e.chain().focus().setNode("paragraph").run()],
  ["h2", "一级标题", (e) => e.chain().focus().setNode("heading", { level: 2 }).run()],
  ["h3", "二级标题", (e) => e.chain().focus().setNode("heading", { level: 3 }).run()],
  ["h4", "三级标题", (e) => e.chain().focus().setNode("heading", { level: 4 }).run()],
  ...["第一条", "一、", "（一）", "1.", "（1）"].map((text, i) => ["c" + (i + 1), "条款 " + text, (e: Editor) => { e.chain().focus().setNode("clause", { level: i + 1, number: nextNumber(e, i + 1) }).run(); }] as [string, string, (e: Editor) => void]),
  ...["recipients", "attachmentNote", "signature", "copies"].map((n) => [n, rows.get(n)!.says, (e: Editor) => { e.chain().focus().setNode(n).run(); }] as [string, string, (e: Editor) => void]),
];

function styleNow(e: Editor): string {
  const n = e.state.selection.$from.parent;
  if (n.type.name === "heading") return "h" + n.attrs.level;
  if (n.type.name === "clause") return "c" + n.attrs.level;
  return n.type.name;
}

export interface Extras { find: () => void; picture: (() => void) | null; help: () => void }

/** toolbar makes the tool bar; its second row stands while the cursor is in a table. */
export function toolbar(editor: Editor, extras: Extras): HTMLElement {
  const bar = make("div", "tools");
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", "正文工具");
  const refresh: (() => void)[] = [];

  const choice = (label: string, options: [string, string][], set: (v: string) => void, now: () => string) => {
    const s = make("select", "tool");
    s.setAttribute("aria-label", label);
    for (const [value, text] of options) {
      const o = make("option", "", text);
      o.value = value;
      s.append(o);
    }
    s.addEventListener("change", () => set(s.value));
    refresh.push(() => { s.value = now(); });
    return s;
  };
  const group = (name: string, ...items: HTMLElement[]) => {
    const g = make("div", "tool-group");
    g.setAttribute("role", "group");
    g.setAttribute("aria-label", name);
    g.append(...items);
    bar.append(g);
    return g;
  };
  const toggle = (text: string, title: string, act: () => void, on: () => boolean) => {
    const b = button(text, act);
    b.title = title;
    refresh.push(() => b.setAttribute("aria-pressed", on() ? "true" : "false"));
    return b;
  };
  const act = (text: string, title: string, run: () => void) => {
    const b = button(text, run);
    b.title = title;
    return b;
  };
  const markButton = (name: string, text: string, title: string) => toggle(text, title, () => editor.chain().focus().toggleMark(name).run(), () => editor.isActive(name));

  group("段落样式", choice("段落样式", styles.map(([v, text]) => [v, text]), (v) => styles.find((s) => s[0] === v)?.[2](editor), () => styleNow(editor)));
  group("文字", markButton("bold", "加粗", "加粗 Ctrl+B"), markButton("italic", "楷体", "强调（楷体）Ctrl+I"), markButton("underline", "下划线", "下划线 Ctrl+U"),
    markButton("superscript", "上标", "上标 Ctrl+."), markButton("subscript", "下标", "下标 Ctrl+,"),
    choice("文字颜色", [["", "默认颜色"], ...markRows.get("colour")!.attrs![0].among!.map((c) => [c, ({ red: "红色", blue: "蓝色", green: "绿色" } as Record<string, string>)[c] || c] as [string, string])],
      (v) => { if (v) editor.chain().focus().setMark("colour", { class: v }).run(); else editor.chain().focus().unsetMark("colour").run(); }, () => (editor.getAttributes("colour").class as string) || ""));
  group("段落", toggle("首行缩进", "首行缩进两字", () => editor.chain().focus().updateAttributes("paragraph", { indent2: !editor.getAttributes("paragraph").indent2 }).run(), () => !!editor.getAttributes("paragraph").indent2),
    choice("对齐", [["", "默认对齐"], ["left", "左对齐"], ["center", "居中"], ["right", "右对齐"], ["justify", "两端对齐"]], (v) => editor.chain().focus().updateAttributes("paragraph", { align: v || null }).run(), () => (editor.getAttributes("paragraph").align as string) || ""),
    toggle("列表", "项目列表", () => toggleList(editor, "bulletList"), () => editor.isActive("bulletList")),
    toggle("编号列表", "编号列表", () => toggleList(editor, "orderedList"), () => editor.isActive("orderedList")),
    toggle("引文", "引文", () => wrapIn(editor, "blockquote"), () => editor.isActive("blockquote")),
    toggle("提示框", "提示框", () => wrapIn(editor, "callout"), () => editor.isActive("callout")));
  const inserts = group("插入", act("链接", "链接 Ctrl+K", () => void askLink(editor)), act("表格", "插入表格", () => void askTable(editor)),
    act("脚注", "插入脚注", () => void askNode(editor, "footnote")), act("公文版头", "发文机关标志、发文字号、签发人", () => void askNode(editor, "docHead")),
    act("附件", "已上传的附件", () => void askNode(editor, "attachment")), act("分隔线", "分隔线", () => editor.chain().focus().insertContent({ type: "horizontalRule" }).run()));
  inserts.append(extras.picture ? act("图片", "上传图片", extras.picture) : act("图片", "已上传的图片", () => void askNode(editor, "figure")));
  const edit = act("修改所选", "修改所选表格、图片、版头、条款编号等", () => { const at = chosenNode(editor); if (at) void askNode(editor, at.node.type.name, at); });
  refresh.push(() => { edit.disabled = !chosenNode(editor); });
  inserts.append(edit);
  group("整篇", act("查找替换", "查找替换 Ctrl+F", extras.find), act("重排编号", "按顺序重排条款编号", () => void renumber(editor)),
    act("清除格式", "清除所选文字的格式", () => editor.chain().focus().unsetAllMarks().run()),
    act("撤销", "撤销 Ctrl+Z", () => editor.commands.keyboardShortcut("Mod-z")), act("重做", "重做 Ctrl+Y", () => editor.commands.keyboardShortcut("Mod-y")), act("按键说明", "按键说明 Alt+F1", extras.help));

  const pm = (c: (s: typeof editor.state, d?: typeof editor.view.dispatch) => boolean) => () => { c(editor.state, editor.view.dispatch); editor.view.focus(); };
  const table = group("表格", act("上方加行", "", pm(addRowBefore)), act("下方加行", "", pm(addRowAfter)), act("删行", "", pm(deleteRow)), act("左侧加列", "", pm(addColumnBefore)), act("右侧加列", "", pm(addColumnAfter)),
    act("删列", "", pm(deleteColumn)), act("合并单元格", "", pm(mergeCells)), act("拆分单元格", "", pm(splitCell)), act("表头行", "", pm(toggleHeaderRow)), act("表头列", "", pm(toggleHeaderColumn)), act("删除表格", "", pm(deleteTable)));
  refresh.push(() => { table.hidden = !isInTable(editor.state); });

  // One stop of the Tab key; arrows, Home and End move within.
  const stops = () => Array.from(bar.querySelectorAll<HTMLElement>("button, select")).filter((e) => !(e as HTMLButtonElement).disabled && e.offsetParent !== null);
  let stop: HTMLElement | null = null;
  const settle = () => {
    const all = stops();
    if (!stop || all.indexOf(stop) < 0) stop = all[0] || null;
    for (const e of Array.from(bar.querySelectorAll<HTMLElement>("button, select"))) e.tabIndex = e === stop ? 0 : -1;
  };
  bar.addEventListener("focusin", (e) => { stop = e.target as HTMLElement; settle(); });
  bar.addEventListener("keydown", (e) => {
    const all = stops(), i = all.indexOf(e.target as HTMLElement);
    const to = e.key === "ArrowRight" ? i + 1 : e.key === "ArrowLeft" ? i - 1 : e.key === "Home" ? 0 : e.key === "End" ? all.length - 1 : -1;
    if (e.key === "Escape") { editor.commands.focus(); return; }
    if (to < 0 && e.key !== "ArrowLeft") return;
    e.preventDefault();
    all[(to + all.length) % all.length]?.focus();
  });
  const all = () => { for (const f of refresh) f(); settle(); };
  editor.on("transaction", all);
  window.setTimeout(all, 0);
  return bar;
}

export { askLink };
