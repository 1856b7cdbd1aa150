const QUOTE = 0x22;

/** Watches whether the cells of a column are written between quotes although nothing reads them. */
export class QuotedCells {
  #quoted = 0;
  #bare = 0;
  #doubled = false;

  see(cell: string): void {
    const last = cell.length - 1;
    if (last < 1 || cell.charCodeAt(0) !== QUOTE || cell.charCodeAt(last) !== QUOTE) {
      this.#bare++;
      return;
    }
    this.#quoted++;
    this.#doubled ||= hasDoubledQuotes(cell.slice(1, -1));
  }

  /** Every cell is quoted, or one also has quotes within that are doubled, as only who quotes writes them. */
  get areText(): boolean {
    return this.#quoted > 0 && (this.#bare === 0 || this.#doubled);
  }

  /** Some cell is quoted. */
  get any(): boolean {
    return this.#quoted > 0;
  }
}

function hasDoubledQuotes(text: string): boolean {
  return text.includes('""') && !text.replaceAll('""', "").includes('"');
}
