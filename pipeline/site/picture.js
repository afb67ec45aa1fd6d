// Picture: the map as it stands with the finding, its source and its date, as a PNG; and the map for the printer.

import { byId, h } from "./dom.js";
import { measure } from "./figures.js";
import { theme } from "./map.js";
import { choiceTitle, daysTitle, narrowedBy, strikesOf } from "./selection.js";
import { tone } from "./style.js";
import { between, dayShort, percent, plural, whyNoShare } from "./words.js";
import { controllerLabel, nounOf } from "./data.js";

const MARGIN = 28;
const NARROWEST = 760;
const LINE = { title: 31, text: 20, small: 17 };

/** A PNG of the map's canvas with title, split, share, source and date. */
export async function drawPicture(data, state, release, map) {
  const image = await map.picture();
  const width = Math.max(image.cssWidth, NARROWEST);
  const height = image.cssHeight * (width / image.cssWidth);
  const scale = Math.max(1, Math.round(image.bitmap.width / image.cssWidth));
  // Once on a scrap of paper, as only what was written tells how much room it took.
  const scrap = h("canvas").getContext("2d");
  const head = drawHead(scrap, data, state, width);
  const foot = drawFoot(scrap, data, state, release, { width, top: 0 });
  const canvas = h("canvas", { width: width * scale, height: Math.ceil((head + height + foot) * scale) });
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  pen.fillStyle = looks().paper;
  pen.fillRect(0, 0, width, head + height + foot);
  pen.drawImage(image.bitmap, 0, head, width, height);
  drawHead(pen, data, state, width);
  drawFoot(pen, data, state, release, { width, top: head + height });
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** Colours and letters of the page. */
function looks() {
  const styles = getComputedStyle(document.documentElement);
  return Object.fromEntries(["paper", "ink", "soft", "serif", "sans"].map((name) => [name, styles.getPropertyValue(`--${name}`).trim()]));
}

/** Finding, choice and split at the top; returns how far down they reach. */
function drawHead(pen, data, state, width) {
  const { ink, soft, serif, sans } = looks();
  const figures = measure(data, strikesOf(data, state));
  const { title, bounds } = findingOf(data, figures, nounOf(data, state.source));
  const room = width - 2 * MARGIN;
  const said = [bounds, daysTitle(data, state), ...narrowedBy(data, state)].filter(Boolean).join(" · ");
  let y = write(pen, title, { y: 42, room, font: `600 25px ${serif}`, colour: ink, step: LINE.title });
  y = write(pen, said, { y: y - 5, room, font: `14px ${sans}`, colour: soft, step: LINE.text });
  return figures.split ? drawSplit(pen, data, figures.split, { top: y - 4, width, font: `14px ${sans}` }) : y + 6;
}

/** Source, date, release and credits at the foot; returns its height. */
function drawFoot(pen, data, state, release, { width, top }) {
  const { ink, soft, sans } = looks();
  const font = `12px ${sans}`;
  const room = width - 2 * MARGIN;
  const credits = [state.source, data.control_source].map((name) => data.sourceByName.get(name)?.credit).filter(Boolean);
  const source = `${choiceTitle(data, state)}. Ground as of ${dayShort(state.to)}${release ? `. Release ${release.release}` : ""}.`;
  const gathered = byId("gathered");
  const said = gathered.hidden ? "" : ` ${gathered.firstChild.textContent.split(".")[0]}.`;
  const y = write(pen, source + said, { y: top + 24, room, font, colour: ink, step: LINE.small });
  return write(pen, `Data: ${credits.join("; ")}. Borders: Natural Earth.`, { y: y + 3, room, font, colour: soft, step: LINE.small }) - top;
}

/** Write a text in as many lines as it takes; returns the next line's base. */
function write(pen, text, { y, room, font, colour, step }) {
  pen.font = font;
  pen.fillStyle = colour;
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (pen.measureText(longer).width <= room) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  lines.forEach((line, at) => pen.fillText(line, MARGIN, y + step * at));
  return y + step * lines.length;
}

function findingOf(data, figures, noun) {
  const locations = plural(figures.n, noun);
  if (!figures.split) return { title: locations, bounds: figures.n ? whyNoShare(figures.n) : "" };
  return {
    title: `${percent(figures.not_focus_expected)} of ${locations} lay outside ${controllerLabel(data, data.focus)}-held ground`,
    bounds: `${between(figures.not_focus_lower_t10, figures.not_focus_upper_t10)}, given the control map`,
  };
}

/** The split as a bar with its legend; returns how far down it reaches. */
function drawSplit(pen, data, split, { top, width, font }) {
  const { ink, paper } = looks();
  const room = width - 2 * MARGIN;
  pen.font = font;
  let at = MARGIN;
  let said = MARGIN;
  let line = top + 48;
  for (const group of data.groups) {
    const length = room * split[group.name];
    const colour = tone(group.colour, theme());
    const label = `${group.label} ${percent(split[group.name])}`;
    const needed = 18 + pen.measureText(label).width + 18;
    if (said + needed > width - MARGIN + 18) [said, line] = [MARGIN, line + 22];
    for (const [x, y, wide, high] of [[at, top, length, 24], [said, line - 10, 12, 12]]) {
      pen.fillStyle = colour;
      pen.fillRect(x, y, wide, high);
      if (group.members.includes("unknown")) hatch(pen, x, y, wide, high, paper);
    }
    pen.fillStyle = ink;
    pen.fillText(label, said + 18, line);
    at += length;
    said += needed;
  }
  return line + 18;
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

/** Print the page with the map as it stands: a canvas of WebGL prints empty, so a picture of it takes its place. */
export async function printPage(map) {
  const { bitmap } = await map.picture();
  const canvas = h("canvas", { id: "printed", width: bitmap.width, height: bitmap.height });
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  document.getElementById("printed")?.remove();
  document.getElementById("ground").append(canvas);
  window.print();
}
