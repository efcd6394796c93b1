// What `telltale detect` says about a whole table in the end, however long it was: counts, the
// first alarms in words, and one line that shows when they were.

const PLACES = 72;
/** Later ones are counted; who wants them all reads the rows. */
const ALARMS_SHOWN_MAX = 10;

/** From what is least to what is most: what a place of the line shows is the most of its rows. */
const MARKS = [" ", "~", ".", ":", "!"] as const;
const LEARNING = 1;
const QUIET = 2;
const RAISED = 3;
const ALARM = 4;
/** Below an alarm, and worth a look; 0.4 is what one value scores that is as new as the last. */
const RAISED_SCORE = 0.45;

interface AlarmSpan {
  readonly from: string;
  to: string;
  rows: number;
  readonly column: string;
  score: number;
}

export interface SummaryRow {
  readonly time: string;
  readonly score: number;
  readonly isAlarm: boolean;
  readonly isLearning: boolean;
  readonly column: string | null;
}

export class DetectSummary {
  readonly #marks = new Uint8Array(2 * PLACES);
  #rowsPerMark = 1;
  #rows = 0;
  #learned = 0;
  #alarmRows = 0;
  #spans = 0;
  readonly #shown: AlarmSpan[] = [];
  #open = false;
  #first = "";
  #last = "";

  add({ time, score, isAlarm, isLearning, column }: SummaryRow): void {
    if (this.#rows === 0) this.#first = time;
    this.#last = time;
    if (this.#rows === this.#marks.length * this.#rowsPerMark) this.#halve();
    const place = Math.floor(this.#rows / this.#rowsPerMark);
    const quiet = score >= RAISED_SCORE ? RAISED : QUIET;
    const mark = isLearning ? LEARNING : isAlarm ? ALARM : quiet;
    this.#marks[place] = Math.max(this.#marks[place]!, mark);
    this.#rows++;
    if (isLearning) this.#learned++;
    if (isAlarm) this.#alarm(time, score, column ?? "");
    this.#open = isAlarm;
  }

  lines(learnRows: number): readonly string[] {
    if (this.#rows === 0) return ["The table has no rows: nothing can be concluded."];
    const lines = [`${rowsOf(this.#rows)}, from ${this.#first} to ${this.#last}.`];
    if (this.#learned === this.#rows) {
      lines.push(`Nothing can be concluded: ${learnRows} rows with values are learned from first.`);
      return lines;
    }
    lines.push(`Learned from the first ${this.#learned}; ${this.#alarmWords()}.`);
    for (const { from, to, rows, column, score } of this.#shown) {
      const until = rows === 1 ? "" : ` to ${to}, ${rows} rows`;
      lines.push(`  ${from}${until}: ${column} (score ${score.toFixed(2)})`);
    }
    if (this.#spans > this.#shown.length) {
      lines.push(`  and ${this.#spans - this.#shown.length} more`);
    }
    lines.push(`[${this.#timeline()}]`, " ~ learning  . quiet  : raised  ! alarm");
    return lines;
  }

  #alarmWords(): string {
    if (this.#spans === 0) return "no alarm";
    const alarms = this.#spans === 1 ? "1 alarm" : `${this.#spans} alarms`;
    return `${alarms}, ${rowsOf(this.#alarmRows)} in all`;
  }

  #alarm(time: string, score: number, column: string): void {
    this.#alarmRows++;
    if (!this.#open) {
      this.#spans++;
      if (this.#shown.length >= ALARMS_SHOWN_MAX) return;
      this.#shown.push({ from: time, to: time, rows: 1, column, score });
      return;
    }
    const span = this.#shown.at(-1);
    if (span === undefined || this.#spans > this.#shown.length) return;
    span.to = time;
    span.rows++;
    span.score = Math.max(span.score, score);
  }

  /** Twice as many rows to a place: the line keeps its length for a table of any length. */
  #halve(): void {
    for (let at = 0; at < PLACES; at++) {
      this.#marks[at] = Math.max(this.#marks[2 * at]!, this.#marks[2 * at + 1]!);
    }
    this.#marks.fill(0, PLACES);
    this.#rowsPerMark *= 2;
  }

  #timeline(): string {
    const used = Math.ceil(this.#rows / this.#rowsPerMark);
    const width = Math.min(used, PLACES);
    let line = "";
    for (let at = 0; at < width; at++) {
      let mark = 0;
      const from = Math.floor((at * used) / width);
      const to = Math.max(from + 1, Math.floor(((at + 1) * used) / width));
      for (let place = from; place < to; place++) mark = Math.max(mark, this.#marks[place]!);
      line += MARKS[mark];
    }
    return line;
  }
}

function rowsOf(count: number): string {
  return `${count} ${count === 1 ? "row" : "rows"}`;
}
