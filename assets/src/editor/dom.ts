// Small pieces of the page the editor is made of.

export function make<K extends keyof HTMLElementTagNameMap>(tag: K, className = "", text = ""): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text) e.textContent = text;
  return e;
}

const live = document.getElementById("live");

/** say puts a sentence into the page's live region. */
export function say(text: string): void {
  if (!live || !text) return;
  live.textContent = "";
  window.setTimeout(() => { live.textContent = text; }, 60);
}

export function button(text: string, act: () => void, className = "tool"): HTMLButtonElement {
  const b = make("button", className, text);
  b.type = "button";
  b.addEventListener("click", act);
  return b;
}

export interface Question { name: string; label: string; value?: string; options?: [string, string][]; long?: boolean; required?: boolean }

let asked = 0;

/** ask shows a small dialogue and gives the answers, or null when it was left. */
export function ask(title: string, questions: Question[], done: string): Promise<Record<string, string> | null> {
  return new Promise((settle) => {
    const id = "ask-" + ++asked;
    const box = make("dialog", "sheet ask");
    box.setAttribute("aria-labelledby", id);
    const head = make("h2", "", title);
    head.id = id;
    const form = make("form", "form");
    form.method = "dialog";
    const read: Record<string, () => string> = {};
    for (const q of questions) {
      const field = make("div", "field");
      const label = make("label", "", q.label);
      label.htmlFor = id + "-" + q.name;
      let input: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
      if (q.options) {
        input = make("select");
        for (const [value, text] of q.options) {
          const o = make("option", "", text);
          o.value = value;
          input.append(o);
        }
      } else input = q.long ? make("textarea") : make("input");
      input.id = label.htmlFor;
      input.value = q.value ?? (q.options ? q.options[0][0] : "");
      if (q.required) input.required = true;
      read[q.name] = () => input.value.trim();
      field.append(label, input);
      form.append(field);
    }
    const acts = make("div", "actions");
    const ok = make("button", "button", done);
    ok.type = "submit";
    acts.append(ok, button("取消", () => box.close(), "button plain"));
    form.append(acts);
    let answer: Record<string, string> | null = null;
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      e.stopPropagation();
      answer = {};
      for (const k of Object.keys(read)) answer[k] = read[k]();
      box.close();
    });
    const before = document.activeElement as HTMLElement | null;
    box.addEventListener("close", () => { box.remove(); before?.focus(); settle(answer); });
    box.append(head, form);
    document.body.append(box);
    box.showModal();
    (form.querySelector("input, select, textarea") as HTMLElement | null ?? ok).focus();
  });
}

/** clock is the time of day in minutes, as the whole console shows it. */
export function clock(d: Date): string {
  return d.toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false });
}

/** day is the day of the month likewise. */
export function day(d: Date): string {
  return d.toLocaleDateString("zh-CN", { timeZone: "Asia/Shanghai", month: "long", day: "numeric" });
}
