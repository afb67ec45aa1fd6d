// Columns: tables by column, as pipeline/map_page/columns.py writes them. Belongs here: reading them, and nothing of what
// they mean.

import { keep, RangedFile } from "./ranges.js";

const ARRAYS = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, i32: Int32Array, f64: Float64Array };

/** A column of text: `words` holds its different values, `codes` the number of the value of each row. */
class Words {
  constructor(codes, words) {
    this.codes = codes;
    this.words = words;
  }

  at(row) {
    return this.words[this.codes[row]];
  }

  /** Number of a value; -1 where no row has it. */
  codeOf(word) {
    return this.words.indexOf(word);
  }
}

/** The tables of one file. */
export class Tables {
  constructor(address, index) {
    this.file = new RangedFile(address);
    this.index = index;
    this.asked = new Map();
  }

  rows(table) {
    return this.index[table].rows;
  }

  /** Columns of a table by name: arrays of numbers, or `Words`; each has `at(row)`. All of them where none is named. */
  async read(table, names = Object.keys(this.index[table].columns)) {
    const known = this.index[table].columns;
    const missing = names.filter((name) => !this.asked.has(`${table} ${name}`));
    if (missing.length) {
      // One request for all: columns of a table lie side by side.
      const spans = missing.flatMap((name) => [known[name].at, known[name].words].filter(Boolean));
      const start = Math.min(...spans.map(([at]) => at));
      const bytes = this.file.read(start, Math.max(...spans.map(([at, length]) => at + length)) - start);
      for (const name of missing) keep(this.asked, `${table} ${name}`, decode(known[name], start, bytes));
    }
    return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await this.asked.get(`${table} ${name}`)])));
  }
}

/** Whether this browser can read columns at all: none of before 2023 can. */
export const canRead = () => "DecompressionStream" in globalThis;

async function decode({ kind, at, words }, start, bytes) {
  const cut = async ([offset, length]) => unpack((await bytes).slice(offset - start, offset - start + length));
  const numbers = new ARRAYS[kind](await cut(at));
  return words ? new Words(numbers, JSON.parse(new TextDecoder().decode(await cut(words)))) : numbers;
}

const unpack = (packed) => new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
