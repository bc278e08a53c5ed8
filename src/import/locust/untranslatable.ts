/** What has no translation: the statement around it is marked. */
export class Untranslatable extends Error {
  override readonly name = 'Untranslatable'
}

/** Throws the reason, in words that also group the marks of a file in its summary. */
export function untranslatable(reason: string): never {
  throw new Untranslatable(reason)
}
