/** Bodies that have to be read before they can be sent. */
import { kindOf } from '../../scenario/value.ts'
import { multipartOf } from './multipart.ts'

/** A body that was read; it takes the place of the `Blob` or `FormData` in the options. */
export interface ReadBody {
  readonly bytes: Buffer
  readonly type: string | null
}

/** Reads a `Blob` or a `FormData`; `null` for all other bodies, which need not be read. */
export function reading(body: unknown): Promise<ReadBody> | null {
  if (typeof body !== 'object' || body === null || body instanceof Uint8Array) return null
  const kind = kindOf(body)
  if (kind === 'FormData') return multipartOf(body as FormData)
  return kind === 'Blob' || kind === 'File' ? readBlob(body as Blob) : null
}

async function readBlob(blob: Blob): Promise<ReadBody> {
  return { bytes: Buffer.from(await blob.arrayBuffer()), type: blob.type === '' ? null : blob.type }
}
