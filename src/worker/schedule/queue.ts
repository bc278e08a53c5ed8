/** Due times in the order they came: a ring that grows, 8 bytes for each arrival that waits. */
export class Queue {
  #ring = new Float64Array(64)
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  get isEmpty(): boolean {
    return this.#length === 0
  }

  add(dueUs: number): void {
    if (this.#length === this.#ring.length) this.#grow()
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = dueUs
    this.#length++
  }

  /** The one that has waited longest; `null` if none waits. */
  take(): number | null {
    if (this.#length === 0) return null
    const dueUs = this.#ring[this.#head]!
    this.#head = (this.#head + 1) & (this.#ring.length - 1)
    this.#length--
    return dueUs
  }

  #grow(): void {
    const larger = new Float64Array(this.#ring.length * 2)
    for (let i = 0; i < this.#length; i++) larger[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)]!
    this.#ring = larger
    this.#head = 0
  }
}
