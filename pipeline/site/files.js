// Files: handing something to the reader, as a download or on the clipboard.

import { h } from "./dom.js";
import { toIso } from "./words.js";

/** Offer content as a file. */
export function download(content, name, type) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  h("a", { href: address, download: name }).click();
  // Not at once: the browser has yet to begin reading it.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** A button that copies a text and says whether it could. `text` makes it, if need be in a while. */
export function copyButton(label, text) {
  const button = h("button", { type: "button", onclick: async () => {
    try {
      await navigator.clipboard.writeText(await text());
      button.textContent = "Copied";
    } catch {
      button.textContent = "The browser does not allow copying";
    }
    setTimeout(() => { button.textContent = label; }, 2500);
  } }, label);
  return h("span", { role: "status" }, button);
}

/** A name for a file of this choice: only what every system takes. */
export const fileName = (data, { source, from, to, confidence, region }, release, extension) =>
  [data.name, source, toIso(from), toIso(to), confidence, region, release?.release].filter(Boolean).join("_").replaceAll(/[^\w.-]+/g, "-") + extension;
