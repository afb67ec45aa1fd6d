// The page: loads one theatre, keeps the state, and tells each part when it has changed.

import { loadIndex, loadManifest, loadTheatre, sharedPlace, shownStrikes, snapshotOn } from "./data.js";
import { byId } from "./dom.js";
import { closeEvidence, openEvidence } from "./evidence.js";
import { updateLegend } from "./legend.js";
import { createMap, onTheme } from "./map.js";
import { askedTheatre, readState, writeState } from "./state.js";
import { createStory, updateStory } from "./story.js";
import { openTable } from "./table.js";
import { createTime } from "./time.js";
import { dayLong } from "./words.js";

async function start() {
  const index = await loadIndex();
  if (!index.theatres.length) return say("No strikes are published yet.");
  const known = index.theatres.map((theatre) => theatre.name);
  const name = known.includes(askedTheatre()) ? askedTheatre() : known[0];
  const data = await loadTheatre(name);
  let state = readState(data);

  const change = (part) => {
    const moved = part.window && part.window !== state.window;
    state = { ...state, ...part };
    if (moved && part.from === undefined) {
      const { from, to } = data.windowByName.get(state.window);
      state = { ...state, from, to };
    }
    if (part.source || part.window) chooseNone();
    render(part.from === undefined || moved);
  };
  const choose = async (ids, at = 0, fly = false) => {
    state = { ...state, strike: ids[at] };
    render(false);
    const strike = data.strikeById.get(ids[at]);
    try {
      await openEvidence(data, ids, at, { onStep: (to) => choose(ids, to), onClose: close });
    } catch (error) {
      return say(`The evidence for ${strike.place ?? "this location"} could not be loaded: ${error.message}`);
    }
    if (fly) map.show(strike);
    else map.reveal(strike);
    return undefined;
  };
  const chooseNone = () => {
    state = { ...state, strike: null };
    closeEvidence();
  };
  const close = () => {
    chooseNone();
    render(false);
    byId("map").querySelector("canvas")?.focus({ preventScroll: true });
  };

  const updateTime = createTime(data, { onChange: change });
  createStory(data, index, { onChange: change });
  let map = null;

  function render(all) {
    const strikes = shownStrikes(data, state);
    if (all) updateStory(data, state);
    updateTime(state);
    const onTable = () => openTable(data, state, strikes, { onStrike: (id) => choose(...sharedPlace(data, strikes, id), true) });
    byId("skip").onclick = onTable;
    updateLegend(data, state, strikes, { onTable });
    map?.update(state, strikes);
    notice(data, state);
    writeState(data, state);
  }

  // Twice, as the map is fitted to the room that the rest leaves it.
  render(true);
  map = createMap(data, state.names, { onStrikes: (ids) => choose(ids), onNames: (names) => change({ names }) });
  render(false);
  if (state.strike) choose(...sharedPlace(data, shownStrikes(data, state), state.strike));
  onTheme(() => render(true));
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && state.strike && !byId("rows").open) close();
  });
  addEventListener("hashchange", () => {
    if (!askedTheatre()) return;
    if (askedTheatre() !== data.name) location.reload();
    else change(readState(data));
  });
  showRelease(await loadManifest());
  document.documentElement.dataset.ready = "true";
}

function notice(data, state) {
  const missing = snapshotOn(data, state.to) === null;
  byId("notice").hidden = !missing;
  if (missing) byId("notice").textContent = `No control map was in force on ${dayLong(state.to)}`;
}

function showRelease(manifest) {
  if (!manifest?.release) return;
  const made = typeof manifest.as_of === "string" ? `, from what was received by ${manifest.as_of.slice(0, 10)}` : "";
  byId("release").textContent = `Release ${manifest.release}${made}.`;
}

function say(text) {
  byId("notice").textContent = text;
  byId("notice").hidden = false;
}

start().catch((error) => {
  console.error(error);
  say(`The page could not be loaded: ${error.message}`);
});
