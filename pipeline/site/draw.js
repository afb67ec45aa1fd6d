// Draw: a box drawn over the map by hand. Belongs here: the pointer while it is drawn. What a box means is not known here.

import { h } from "./dom.js";

const SMALLEST_PX = 8;

/** Let the reader draw a box on a map with the pointer. Calls `onBox` with west, south, east, north; nothing on Escape. */
export function drawBox(map, onBox) {
  const frame = h("div", { class: "drawn-box" });
  const sheet = h("div", { class: "drawing", role: "status" }, h("p", {}, "Drag over the map to draw a box. Escape to leave it."), frame);
  const container = map.getContainer();
  if (container.querySelector(".drawing")) return;
  const at = (event) => {
    const { left, top, width, height } = container.getBoundingClientRect();
    return [Math.min(Math.max(event.clientX - left, 0), width), Math.min(Math.max(event.clientY - top, 0), height)];
  };
  let began = null;
  const corners = (event) => {
    const [x, y] = at(event);
    return [Math.min(x, began[0]), Math.min(y, began[1]), Math.max(x, began[0]), Math.max(y, began[1])];
  };
  const leave = () => {
    sheet.remove();
    removeEventListener("keydown", onKey, true);
  };
  const onKey = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    leave();
  };
  sheet.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    began = at(event);
    sheet.setPointerCapture(event.pointerId);
  });
  sheet.addEventListener("pointermove", (event) => {
    if (!began) return;
    const [left, top, right, bottom] = corners(event);
    Object.assign(frame.style, { left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` });
  });
  sheet.addEventListener("pointerup", (event) => {
    if (!began) return;
    const [left, top, right, bottom] = corners(event);
    leave();
    if (right - left < SMALLEST_PX || bottom - top < SMALLEST_PX) return;
    const [northWest, southEast] = [map.unproject([left, top]), map.unproject([right, bottom])];
    onBox([northWest.lng, southEast.lat, southEast.lng, northWest.lat]);
  });
  addEventListener("keydown", onKey, true);
  container.append(sheet);
}
