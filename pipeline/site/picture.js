// Picture: the map as it stands with the finding, its source and its date, as a PNG; and the map for the printer.

import { h } from "./dom.js";
import { measure } from "./figures.js";
import { theme } from "./map.js";
import { choiceTitle, daysTitle, narrowedBy, strikesOf } from "./selection.js";
import { tone } from "./style.js";
import { between, dayShort, percent, plural } from "./words.js";
import { controllerLabel } from "./data.js";

const MARGIN = 28;
const HEAD = 168;
const FOOT = 64;

/** A PNG of the map's canvas with title, split, share, source and date. */
export async function drawPicture(data, state, release, map) {
  const image = await map.picture();
  const scale = Math.max(1, Math.round(image.width / image.cssWidth));
  const width = Math.max(image.cssWidth, 760);
  const height = image.cssHeight * (width / image.cssWidth);
  const canvas = h("canvas", { width: width * scale, height: (height + HEAD + FOOT) * scale });
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const styles = getComputedStyle(document.documentElement);
  const [paper, ink, soft] = ["--paper", "--ink", "--soft"].map((name) => styles.getPropertyValue(name).trim());
  pen.fillStyle = paper;
  pen.fillRect(0, 0, width, height + HEAD + FOOT);
  pen.drawImage(image.bitmap, 0, HEAD, width, height);
  const write = (text, y, font, colour) => {
    pen.font = font;
    pen.fillStyle = colour;
    pen.fillText(fitted(pen, text, width - 2 * MARGIN), MARGIN, y);
  };
  const figures = measure(data, strikesOf(data, state));
  const { title, bounds } = findingOf(data, figures);
  write(title, 42, `600 25px ${styles.getPropertyValue("--serif")}`, ink);
  write([bounds, daysTitle(data, state), ...narrowedBy(data, state)].filter(Boolean).join(" · "), 66, `14px ${styles.getPropertyValue("--sans")}`, soft);
  if (figures.split) drawSplit(pen, data, figures.split, { width, ink, paper, font: `14px ${styles.getPropertyValue("--sans")}` });
  const small = `12px ${styles.getPropertyValue("--sans")}`;
  const credits = [state.source, data.control_source].map((name) => data.sourceByName.get(name)?.credit).filter(Boolean);
  write(`${choiceTitle(data, state)}. Ground as of ${dayShort(state.to)}${release ? `. Release ${release.release}` : ""}`, HEAD + height + 26, small, ink);
  write(`Data: ${credits.join("; ")}. Borders: Natural Earth.`, HEAD + height + 46, small, soft);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function findingOf(data, figures) {
  const locations = plural(figures.n, "reported strike location");
  if (!figures.split) return { title: locations, bounds: figures.n ? "Too few for a share" : "" };
  return {
    title: `${percent(figures.not_focus_expected)} of ${locations} lay outside ${controllerLabel(data, data.focus)}-held ground`,
    bounds: `${between(figures.not_focus_lower_t10, figures.not_focus_upper_t10)}, given the control map`,
  };
}

function drawSplit(pen, data, split, { width, ink, paper, font }) {
  const room = width - 2 * MARGIN;
  pen.font = font;
  let at = MARGIN;
  let said = MARGIN;
  let line = 130;
  for (const group of data.groups) {
    const length = room * split[group.name];
    const colour = tone(group.colour, theme());
    pen.fillStyle = colour;
    pen.fillRect(at, 82, length, 24);
    if (group.members.includes("unknown")) hatch(pen, at, 82, length, 24, paper);
    at += length;
    const label = `${group.label} ${percent(split[group.name])}`;
    const needed = 18 + pen.measureText(label).width + 18;
    if (said + needed > width - MARGIN + 18) [said, line] = [MARGIN, line + 22];
    pen.fillStyle = colour;
    pen.fillRect(said, line - 10, 12, 12);
    if (group.members.includes("unknown")) hatch(pen, said, line - 10, 12, 12, paper);
    pen.fillStyle = ink;
    pen.fillText(label, said + 18, line);
    said += needed;
  }
}

function hatch(pen, x, y, width, height, colour) {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, height);
  pen.clip();
  pen.strokeStyle = colour;
  pen.lineWidth = 1.5;
  for (let from = x - height; from < x + width; from += 5) {
    pen.beginPath();
    pen.moveTo(from, y + height);
    pen.lineTo(from + height, y);
    pen.stroke();
  }
  pen.restore();
}

function fitted(pen, text, room) {
  if (pen.measureText(text).width <= room) return text;
  let end = text.length;
  while (end > 0 && pen.measureText(`${text.slice(0, end)}…`).width > room) end -= 1;
  return `${text.slice(0, end)}…`;
}

/** Print the page with the map as it stands: a canvas of WebGL prints empty, so a picture of it takes its place. */
export async function printPage(map) {
  const { bitmap } = await map.picture();
  const canvas = h("canvas", { id: "printed", width: bitmap.width, height: bitmap.height });
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  document.getElementById("printed")?.remove();
  document.getElementById("ground").append(canvas);
  window.print();
}
