/**
 * Transactions: named spans over several requests of a task. Which transaction a request belongs to is known by the
 * asynchronous context in which it is sent, so that transactions may nest and run at the same time.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  MOST_TRANSACTIONS,
  OTHER_TRANSACTIONS,
  type TransactionTally,
} from '../../core/measure/transaction-tally.ts'
import { described } from '../../scenario/value.ts'
import type { Recorder } from '../record/recorder.ts'

const context = new AsyncLocalStorage<Transaction>()

/** An open transaction of a user, or one that has ended. */
export class Transaction {
  readonly tally: TransactionTally
  readonly parent: Transaction | null
  readonly owner: Transactions
  readonly startedUs: number
  /** One of its requests failed. */
  hasFailed = false

  constructor(tally: TransactionTally, parent: Transaction | null, owner: Transactions, startedUs: number) {
    this.tally = tally
    this.parent = parent
    this.owner = owner
    this.startedUs = startedUs
  }

  /** A request within it failed: so have those around it. */
  fail(): void {
    this.hasFailed = true
    this.parent?.fail()
  }
}

/** The transactions of one user. */
export class Transactions {
  readonly #recorder: Recorder
  readonly #nowUs: () => number
  readonly #names: TransactionNames
  readonly #open = new Set<Transaction>()

  constructor(recorder: Recorder, nowUs: () => number, names: TransactionNames) {
    this.#recorder = recorder
    this.#nowUs = nowUs
    this.#names = names
  }

  /** The innermost open transaction that the running code is in; `null` if it is in none. */
  get current(): Transaction | null {
    let one = this.#open.size === 0 ? null : (context.getStore() ?? null)
    // A timer or a connection that was made within a transaction may wake another user.
    if (one?.owner !== this) return null
    while (one !== null && !this.#open.has(one)) one = one.parent
    return one
  }

  /**
   * Runs the function as a transaction and resolves to what it returns. `isStop` recognizes what ends a task without an
   * error: the transaction did not run to its end then. A TypeError names what is wrong with the name or the function.
   */
  async run<T>(name: string, run: () => T | Promise<T>, isStop: (thrown: unknown) => boolean): Promise<T> {
    const transaction = this.#begin(name, run)
    try {
      const returned = await context.run(transaction, run)
      this.#end(transaction, transaction.hasFailed)
      return returned
    } catch (error) {
      if (isStop(error)) this.#endEarly(transaction)
      else this.#end(transaction, true)
      throw error
    }
  }

  /** The task, or the user, has ended: what is still open did not end with it. */
  endAll(): void {
    for (const transaction of this.#open) this.#endEarly(transaction)
  }

  #begin(name: string, run: unknown): Transaction {
    if (typeof (name as unknown) !== 'string' || name.trim() === '')
      throw new TypeError(`transaction needs a name that is not empty, got ${described(name)}`)
    if (typeof run !== 'function')
      throw new TypeError(`transaction needs a function to run, got ${described(run)}`)
    const startedUs = this.#nowUs()
    const tally = this.#recorder.transactionTally(this.#names.of(name))
    const transaction = new Transaction(tally, this.current, this, startedUs)
    this.#open.add(transaction)
    this.#recorder.transactionStarted(tally, startedUs)
    return transaction
  }

  #end(transaction: Transaction, hasFailed: boolean): void {
    if (!this.#open.delete(transaction)) return
    const nowUs = this.#nowUs()
    this.#recorder.transactionEnded(transaction.tally, nowUs, nowUs - transaction.startedUs, hasFailed)
  }

  #endEarly(transaction: Transaction): void {
    if (this.#open.delete(transaction)) this.#recorder.transactionUnended(transaction.tally, this.#nowUs())
  }
}

/** Transaction names of a scenario in a worker, limited in number. */
export class TransactionNames {
  readonly #names = new Set<string>()

  of(name: string): string {
    if (this.#names.has(name)) return name
    if (this.#names.size >= MOST_TRANSACTIONS) return OTHER_TRANSACTIONS
    this.#names.add(name)
    return name
  }
}
