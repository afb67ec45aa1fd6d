// The page: loads one theatre, keeps the state, and tells each part when it has changed.

import { rowsOfCell } from "./cells.js";
import { createChoices, updateChoices } from "./choose.js";
import { citation } from "./cite.js";
import { loadIndex, loadManifest, loadTheatre, snapshotOn, strikeAt } from "./data.js";
import { byId } from "./dom.js";
import { closeEvidence, openEvidence } from "./evidence.js";
import { measure } from "./figures.js";
import { download, fileName } from "./files.js";
import { updateLegend } from "./legend.js";
import { createMap, onTheme } from "./map.js";
import { drawPicture, printPage } from "./picture.js";
import { checkedRegion, choiceTitle, sharedPlace, strikesOf } from "./selection.js";
import { askedTheatre, readState, writeState } from "./state.js";
import { createStory, updateStory } from "./story.js";
import { openCells, openTable } from "./table.js";
import { createTime } from "./time.js";
import { dayLong, placeTitle } from "./words.js";

const STEP_MS = 1000;

async function start() {
  const index = await loadIndex();
  if (!index.theatres.length) return say("No strikes are published yet.");
  const known = index.theatres.map((theatre) => theatre.name);
  const name = known.includes(askedTheatre()) ? askedTheatre() : known[0];
  const [data, manifest] = await Promise.all([loadTheatre(name), loadManifest()]);
  const release = manifest?.release ? manifest : null;
  let state = withRelease(readState(data));
  let dragged = 0;
  // The row of the strike whose evidence is open.
  let chosen = null;
  // What the reader asked for last: an answer to anything before it comes too late.
  let turn = 0;

  /** Take over a part of the state. Days that follow one another fast, as when the brush is drawn, are one step back. */
  const change = (part) => {
    turn += 1;
    const moved = part.window && part.window !== state.window;
    state = { ...state, ...part, release: release?.release ?? null };
    if (moved && part.from === undefined) {
      const { from, to } = data.windowByName.get(state.window);
      state = { ...state, from, to };
    }
    if (!data.confidences.get(state.source).includes(state.confidence)) state.confidence = null;
    if (part.source || part.window || part.confidence || part.region) chooseNone();
    const drags = part.from !== undefined && !moved;
    const isStep = !drags || Date.now() - dragged > STEP_MS;
    if (drags) dragged = Date.now();
    render({ isStep });
  };
  function withRelease(read) {
    return { ...read, release: read.release ?? release?.release ?? null };
  }
  const choose = async (rows, at = 0, fly = false) => {
    turn += 1;
    const strike = strikeAt(data, rows[at]);
    try {
      const id = await openEvidence(data, rows, at, { onStep: (to) => choose(rows, to), onClose: close });
      if (id === null) return undefined;
      const isStep = state.strike !== id;
      state = { ...state, strike: id };
      chosen = rows[at];
      render({ isStep });
    } catch (error) {
      return say(`The evidence for ${placeTitle(strike)} could not be loaded: ${error.message}`);
    }
    if (fly) map.show(strike);
    else map.reveal(strike);
    return undefined;
  };
  const chooseNone = () => {
    turn += 1;
    chosen = null;
    state = { ...state, strike: null };
    closeEvidence();
  };
  const close = () => {
    chooseNone();
    render({ isStep: true });
    byId("map").querySelector("canvas")?.focus({ preventScroll: true });
  };

  const updateTime = createTime(data, { onChange: change });
  createStory(data, index);
  const boxed = (box) => checkedRegion(data, `box:${box.join(",")}`);
  createChoices(data, {
    onChange: change,
    viewBox: () => boxed(map.box()),
    onDraw: () => map.draw((box) => boxed(box) && change({ region: boxed(box) })),
  });
  let map = null;

  const openRows = (strikes, title, choice) => openTable(data, choice, strikes, {
    title,
    release,
    cited: () => citation(data, choice, measure(data, strikesOf(data, choice)), release, strikes === strikesOf(data, choice) ? null : title),
    onStrike: (row) => choose(...sharedPlace(data, strikes, row), true),
    onFailure: (error) => say(`The rows could not be loaded: ${error.message}`),
  });
  const openCell = (rows) => openRows(rows, `In one hexagon of the map; ${choiceTitle(data, state)}`, state);
  const actions = {
    onRows: openRows,
    onMonth: (window) => change({ window }),
    onPicture: async () => download(await drawPicture(data, state, release, map), fileName(data, state, release, ".png"), "image/png"),
    onPrint: () => printPage(map),
  };

  function render({ isStep = false } = {}) {
    const strikes = strikesOf(data, state);
    writeState(data, state, isStep);
    updateChoices(data, state);
    updateStory(data, state, release, actions);
    updateTime(state);
    const onTable = () => openRows(strikes, choiceTitle(data, state), state);
    byId("skip").onclick = onTable;
    updateLegend(data, state, strikes, { onTable });
    map?.update(state, strikes, chosen);
    notice(data, state);
    warnOfRelease(state, release);
  }

  /** Show what the address says: on opening, and when the reader goes back or forward. */
  async function restore() {
    const asked = withRelease(readState(data));
    state = { ...asked, strike: null };
    chooseNone();
    const now = turn;
    let row = -1;
    try {
      if (asked.strike) row = await data.rowOf(asked.strike);
    } catch (error) {
      say(`The evidence that the link names could not be loaded: ${error.message}`);
    }
    if (now !== turn) return;
    if (row >= 0) [state, chosen] = [asked, row];
    render();
    if (row >= 0) await choose(...sharedPlace(data, strikesOf(data, state), row));
  }

  // Twice, as the map is fitted to the room that the rest leaves it.
  render();
  map = createMap(data, state.names, {
    onStrikes: (rows) => choose(rows),
    onCell: openCell,
    onCells: (cells) => openCells(data, cells, {
      title: choiceTitle(data, state),
      onCell: (cell) => openCell(rowsOfCell(data, strikesOf(data, state), cell)),
    }),
    onNames: (names) => change({ names }),
  });
  await restore();
  onTheme(() => render());
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && state.strike && !byId("rows").open) close();
  });
  addEventListener("hashchange", () => {
    if (!askedTheatre()) return;
    if (askedTheatre() !== data.name) location.reload();
    else restore();
  });
  document.documentElement.dataset.ready = "true";
}

function notice(data, state) {
  const missing = snapshotOn(data, state.to) === null;
  byId("notice").hidden = !missing;
  if (missing) byId("notice").textContent = `No control map was in force on ${dayLong(state.to)}`;
}

/** A link names the release that it was made on: where this is another, its figures may differ. */
function warnOfRelease(state, release) {
  const differs = Boolean(release && state.release && state.release !== release.release);
  byId("other-release").hidden = !differs;
  if (!differs) return;
  byId("other-release").textContent =
    `This link was made on release ${state.release}. You are reading release ${release.release}: its figures may differ.`;
}

function say(text) {
  byId("notice").textContent = text;
  byId("notice").hidden = false;
}

start().catch((error) => {
  console.error(error);
  say(`The page could not be loaded: ${error.message}`);
});
