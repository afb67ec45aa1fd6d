// Ranges: bytes of one file of the release by range request; from a host that knows no ranges, the whole file once.

export class RangedFile {
  constructor(address) {
    this.address = address;
    this.whole = null;
  }

  /** `length` bytes from `offset` on; at the end of the file, what there is. */
  async read(offset, length, signal) {
    if (this.whole) return (await this.whole).slice(offset, offset + length);
    const range = { Range: `bytes=${offset}-${offset + length - 1}` };
    const response = await fetch(this.address, { signal, headers: range });
    if (response.status === 206) return response.arrayBuffer();
    if (!response.ok) throw new Error(`${this.address}: ${response.status} ${response.statusText}`);
    this.whole = response.arrayBuffer();
    return (await this.whole).slice(offset, offset + length);
  }
}
