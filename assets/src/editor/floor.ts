// What ProseMirror's and TipTap's packages call and the floor, Chromium 78,
// does not have. Imported first.

if (!("hasOwn" in Object)) {
  Object.defineProperty(Object, "hasOwn", { value: (o: object, k: PropertyKey) => Object.prototype.hasOwnProperty.call(o, k), configurable: true, writable: true });
}
if (!("at" in Array.prototype)) {
  Object.defineProperty(Array.prototype, "at", {
    value(this: unknown[], n: number) { return this[n < 0 ? this.length + n : n]; }, configurable: true, writable: true,
  });
}
export {};
