// Tiles: the PMTiles file, read by ranges, as MapLibre asks for it.

import { addProtocol } from "./lib/maplibre-gl.mjs";
import { RangedFile } from "./ranges.js";

const { PMTiles, Protocol } = window.pmtiles;
const protocol = new Protocol();
addProtocol("pmtiles", protocol.tile);

class RangeSource extends RangedFile {
  getKey() {
    return this.address;
  }

  async getBytes(offset, length, signal) {
    return { data: await this.read(offset, length, signal) };
  }
}

/** Address under which MapLibre finds the tiles of this file. */
export function tileAddress(relative) {
  const address = new URL(relative, location.href);
  address.hash = "";
  protocol.add(new PMTiles(new RangeSource(address.href)));
  return `pmtiles://${address.href}`;
}
