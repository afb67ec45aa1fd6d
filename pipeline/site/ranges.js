// Ranges: bytes of one file of the release by range request; from a host that knows no ranges, the whole file once.

/** Keep what was asked for under a name, but not a failure: it may be asked for again. */
export function keep(kept, name, asked) {
  kept.set(name, asked);
  asked.catch(() => kept.delete(name));
}

export class RangedFile {
  constructor(address) {
    this.address = address;
    this.whole = null;
    this.first = null;
  }

  /** `length` bytes from `offset` on; at the end of the file, what there is. */
  async read(offset, length, signal) {
    // The first answer tells whether the host knows ranges: no one asks for the whole file twice.
    const first = this.first;
    if (first) await first.catch(() => {});
    const asked = this.ask(offset, length, signal);
    this.first ??= asked;
    return asked;
  }

  async ask(offset, length, signal) {
    if (this.whole) return (await this.whole).slice(offset, offset + length);
    const range = { Range: `bytes=${offset}-${offset + length - 1}` };
    const response = await fetch(this.address, { signal, headers: range });
    if (response.status === 206) return response.arrayBuffer();
    if (!response.ok) throw new Error(`${this.address}: ${response.status} ${response.statusText}`);
    this.whole = response.arrayBuffer();
    this.whole.catch(() => { this.whole = null; });
    return (await this.whole).slice(offset, offset + length);
  }
}
