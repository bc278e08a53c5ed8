/** Watches over the code of a file while it is loaded: it must neither end the process nor wait forever. */

/** How long loading a file may take. */
const LONGEST_S = 60

/** What the code of a file did that no file may do while it is loaded. */
export class LoadingFault extends Error {
  override readonly name = 'LoadingFault'
  /** What was thrown, which may know its place in the file. */
  readonly thrown: unknown

  constructor(message: string, thrown?: unknown) {
    super(message)
    this.thrown = thrown ?? this
  }
}

/** What is watched, in words. */
interface Watched {
  /** How long it may take. */
  readonly limitS: number
  readonly whileWhat: string
  readonly isLate: string
  readonly isStuck: string
}

const LOADING: Watched = {
  limitS: LONGEST_S,
  whileWhat: 'the file is loaded',
  isLate: `loading the file takes longer than ${LONGEST_S} s; does a top-level await never end?`,
  isStuck: 'a top-level await never ends',
}

/**
 * The value that `load` resolves to. Rejects with a LoadingFault if the code calls `process.exit`, leaves a rejection or an
 * exception unhandled, or waits for something that never comes.
 */
export async function watchLoading<T>(load: () => Promise<T>, watched: Watched = LOADING): Promise<T> {
  const exit = process.exit.bind(process)
  let fail: (fault: LoadingFault) => void = () => undefined
  const failed = new Promise<never>((_, reject) => (fail = reject))
  process.exit = (code): never => {
    const fault = new LoadingFault(`process.exit(${code ?? ''}) while ${watched.whileWhat}`)
    fail(fault)
    throw fault
  }
  const onThrown = (thrown: unknown): void => fail(new LoadingFault('', thrown))
  // Nothing is left to do, and it has still not ended.
  const onIdle = (): void => fail(new LoadingFault(watched.isStuck))
  const timer = setTimeout(() => fail(new LoadingFault(watched.isLate)), watched.limitS * 1000)
  // A process without anything else to do has not to wait for it.
  timer.unref()
  process.on('uncaughtException', onThrown)
  process.on('unhandledRejection', onThrown)
  process.on('beforeExit', onIdle)
  try {
    const loaded = await Promise.race([load(), failed])
    // Rejections of the file's last lines are reported in the next turn of the loop.
    await Promise.race([new Promise((resolve) => setImmediate(resolve)), failed])
    return loaded
  } finally {
    process.exit = exit
    clearTimeout(timer)
    process.off('uncaughtException', onThrown)
    process.off('unhandledRejection', onThrown)
    process.off('beforeExit', onIdle)
  }
}
