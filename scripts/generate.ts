/** Writes the checked-in files that follow from others: types and tables of options, JSON Schemas. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { makeOptionFiles } from './options.ts'
import { makeSchemas, sorted } from './schema.ts'

const inRepository = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** A file's text as prettier formats it, which leaves Markdown and manual pages alone. */
export async function formatted(path: string, text: string): Promise<string> {
  if (/\.(?:md|1)$/.test(path)) return text
  const filepath = inRepository(path)
  return format(text, { ...(await resolveConfig(filepath)), filepath })
}

async function write(path: string, text: string): Promise<void> {
  writeFileSync(inRepository(path), await formatted(path, text))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of Object.entries(makeOptionFiles())) await write(path, text)
  // The schemas are made from the types, so after them.
  for (const [file, schema] of Object.entries(makeSchemas()))
    await write(`schema/${file}`, JSON.stringify(schema, sorted, 2))
}
