/** How late a user's iterations begin, and how much of that, and of its being busy, the generator itself has caused. */
export class Lateness {
  /** When the iteration is, or was last, due. */
  dueUs = 0
  /** How late it started: after the later of its due time and its user being free. */
  lagUs = 0
  /** How much earlier the user would have been free for it, had this thread never kept it busy. */
  keptUs = 0
  /** The same for the iteration that comes next, if that has waited for this user. */
  keepsUs = 0
  #freeUs = 0
  #waitedUs = 0

  /** An iteration was due at `dueUs` and its user could start it from `freeUs` on. */
  due(dueUs: number, freeUs: number): void {
    this.dueUs = dueUs
    this.#freeUs = freeUs
    // An arrival that waited for a user waited for what the user's iterations before it owe to this thread, too.
    this.keptUs = Math.min(Math.max(0, freeUs - dueUs), this.keepsUs)
    this.#waitedUs = 0
  }

  /** Notes the start; returns how late it is. */
  started(nowUs: number): number {
    return (this.lagUs = Math.max(0, nowUs - Math.max(this.dueUs, this.#freeUs)))
  }

  /** One of its responses waited this long for this thread. */
  waited(waitedUs: number): void {
    this.#waitedUs += waitedUs
  }

  /** Notes the end. */
  ended(): void {
    this.keepsUs = this.keptUs + this.lagUs + this.#waitedUs
  }

  /** The part of a latency counted from due by which the generator was late. */
  get lateUs(): number {
    return this.lagUs + this.keptUs
  }
}
