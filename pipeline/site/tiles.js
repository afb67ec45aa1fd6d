// Tiles: bytes of the PMTiles file by range request; from a host that knows no ranges, the whole file once.

import { addProtocol } from "./lib/maplibre-gl.mjs";

const { PMTiles, Protocol } = window.pmtiles;
const protocol = new Protocol();
addProtocol("pmtiles", protocol.tile);

class RangeSource {
  constructor(address) {
    this.address = address;
    this.whole = null;
  }

  getKey() {
    return this.address;
  }

  async getBytes(offset, length, signal) {
    if (this.whole) return { data: (await this.whole).slice(offset, offset + length) };
    const range = { Range: `bytes=${offset}-${offset + length - 1}` };
    const response = await fetch(this.address, { signal, headers: range });
    if (response.status === 206) return { data: await response.arrayBuffer() };
    if (!response.ok) throw new Error(`${this.address}: ${response.status} ${response.statusText}`);
    this.whole = response.arrayBuffer();
    return { data: (await this.whole).slice(offset, offset + length) };
  }
}

/** Address under which MapLibre finds the tiles of this file. */
export function tileAddress(relative) {
  const address = new URL(relative, location.href);
  address.hash = "";
  protocol.add(new PMTiles(new RangeSource(address.href)));
  return `pmtiles://${address.href}`;
}
